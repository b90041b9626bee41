//! Files that are there whole or not at all.

use std::{
    fs::Permissions,
    io::{self, BufWriter, ErrorKind},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// What everybody may do with a new file, as far as the process's umask lets them.
const MODE: u32 = 0o666;

/// A file under way. An earlier one of its name stays until this one is finished; one that never is leaves
/// nothing behind. Two of the same name do not meet: the one that is finished last stays.
pub(super) struct WholeFile {
    pub(super) path: PathBuf,
    pub(super) writer: BufWriter<NamedTempFile>,
}

impl WholeFile {
    /// Begins to write it, beside its place.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        match path.metadata() {
            Ok(there) if there.is_dir() => return Err(ErrorKind::IsADirectory.into()),
            // Its place would be taken: `/dev/stdout`.
            Ok(there) if !there.is_file() => return Err(ErrorKind::InvalidFilename.into()),
            _ => {}
        }
        let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
        let folder = path.parent().filter(|it| *it != Path::new(""));
        let unfinished = tempfile::Builder::new()
            .prefix(name)
            .suffix(".part")
            .permissions(Permissions::from_mode(MODE))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self {
            path: path.to_owned(),
            writer: BufWriter::new(unfinished),
        })
    }

    /// Puts it in its place; where that fails, an earlier file of this name is still there.
    pub(super) fn finish(self) -> io::Result<()> {
        let file = self.writer.into_inner()?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;

    /// A report or a list cut short could pass for a whole one.
    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let files = || fs::read_dir(folder.path()).unwrap().count();
        fs::write(&path, "earlier").unwrap();

        let mut abandoned = WholeFile::create(&path).unwrap();
        abandoned.writer.write_all(b"half").unwrap();
        drop(abandoned);
        assert_eq!(fs::read_to_string(&path).unwrap(), "earlier");
        assert_eq!(files(), 1);

        let mut finished = WholeFile::create(&path).unwrap();
        finished.writer.write_all(b"whole").unwrap();
        finished.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(files(), 1);
    }

    /// Two operators, or one who lost patience, run the same command with the same file.
    #[test]
    fn two_of_the_same_name_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let mut long = WholeFile::create(&path).unwrap();
        let mut short = WholeFile::create(&path).unwrap();
        long.writer.write_all(b"a long report").unwrap();
        short.writer.write_all(b"a short one").unwrap();
        long.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a long report");
        short.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a short one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_and_a_device_are_no_files() {
        let folder = tempfile::tempdir().unwrap();
        for (path, kind) in [
            (folder.path(), ErrorKind::IsADirectory),
            (Path::new(""), ErrorKind::InvalidFilename),
            (Path::new("/dev/null"), ErrorKind::InvalidFilename),
        ] {
            let refused = WholeFile::create(path).err().unwrap();
            assert_eq!(refused.kind(), kind);
        }
    }
}
