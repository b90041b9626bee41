use super::choice::choice;

choice! {
    /// The kind of course ("filière") that a class follows, chosen when it is created
    /// (manual, "Comment procéder à la création des classes ?").
    Track, "track" {
        /// The ordinary third form.
        TroisiemeGenerale = "troisieme_generale",
        /// The third form that prepares for vocational training.
        TroisiemePrepaMetiers = "troisieme_prepa_metiers",
        /// The third form of the section for pupils with lasting learning difficulties.
        TroisiemeSegpa = "troisieme_segpa",
    }
}

impl Track {
    /// The name staff know it by, in French.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::TroisiemeGenerale => "3e",
            Self::TroisiemePrepaMetiers => "3e prépa-métiers",
            Self::TroisiemeSegpa => "3e SEGPA",
        }
    }
}
