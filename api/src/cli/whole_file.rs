//! Files that are there whole or not at all.

use std::{
    fs::{self, File},
    io::{self, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// A file under way. An earlier one of its name stays until this one is finished; one that never is leaves
/// nothing behind.
pub(super) struct WholeFile {
    path: PathBuf,
    unfinished: PathBuf,
    writer: BufWriter<File>,
}

impl WholeFile {
    /// Begins to write it.
    ///
    /// # Errors
    ///
    /// The system's: there can be no file of this name.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".part");
        let unfinished = PathBuf::from(unfinished);
        Ok(Self {
            path: path.to_owned(),
            writer: BufWriter::new(File::create(&unfinished)?),
            unfinished,
        })
    }

    /// Puts it in its place.
    ///
    /// # Errors
    ///
    /// The system's; an earlier file of this name is then still there.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        self.writer.get_ref().sync_all()?;
        fs::rename(&self.unfinished, &self.path)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        // Once finished, it is not there any more.
        let _ = fs::remove_file(&self.unfinished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report or a list cut short could pass for a whole one.
    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let files = || fs::read_dir(folder.path()).unwrap().count();
        fs::write(&path, "earlier").unwrap();

        let mut abandoned = WholeFile::create(&path).unwrap();
        abandoned.write_all(b"half").unwrap();
        drop(abandoned);
        assert_eq!(fs::read_to_string(&path).unwrap(), "earlier");
        assert_eq!(files(), 1);

        let mut finished = WholeFile::create(&path).unwrap();
        finished.write_all(b"whole").unwrap();
        finished.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(files(), 1);
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let refused = WholeFile::create(folder.path()).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::IsADirectory);
    }
}
