use proptest::prelude::*;

use super::HEADER;
use crate::directory_file::read;

proptest! {
    /// The file comes from outside, and a panic in the import would leave its user without a
    /// word of what is wrong with it.
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(bytes.as_slice());
    }

    /// Under a header that is known, where the rest of the reader runs: every row ends up in one
    /// of the three lists, in order, on a line that the file has.
    #[test]
    fn every_row_is_accounted_for(body in "([0-9AXcollègeREP;\"\r\n +]|;|\n|9990001X;Collège;){0,60}") {
        let text = format!("{HEADER}\n{body}");
        if let Ok(file) = read(text.as_bytes()) {
            let listed = file.schools.len() + file.skipped.len() + file.refused.len();
            prop_assert_eq!(u64::try_from(listed), Ok(file.rows));
            let breaks = text.bytes().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
            for notes in [&file.skipped, &file.refused] {
                prop_assert!(notes.is_sorted_by(|a, b| a.line < b.line));
                prop_assert!(notes.iter().all(|note| (2..=breaks as u64 + 1).contains(&note.line)));
            }
        }
    }
}
