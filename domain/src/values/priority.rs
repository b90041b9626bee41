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

#[cfg(test)]
mod tests {
    use super::*;

    /// The directory's publishers write the mark with stray spaces and in either case; a school that
    /// lost its mark by that would be refused at the door.
    #[test]
    fn a_priority_is_read_as_publishers_write_it() {
        assert_eq!(Priority::parse("REP +"), Ok(Priority::RepPlus));
        assert_eq!(Priority::parse(" rep "), Ok(Priority::Rep));
        assert!(Priority::parse("REP++").is_err());
        assert!(Priority::parse("").is_err());
    }
}
