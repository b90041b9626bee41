use super::choice::choice;

choice! {
    /// A school's mark of priority education in the directory, which is what makes a collège
    /// eligible (manual, "Comment inscrire l'établissement": "réservé aux élèves des collèges du
    /// réseau éducation prioritaire (REP et REP+)").
    Priority, "priority" {
        /// "Réseau d'éducation prioritaire".
        Rep = "REP",
        /// "Réseau d'éducation prioritaire renforcé".
        RepPlus = "REP+",
    }
}
