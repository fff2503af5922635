//! System calls on files below one folder, by their path in it.
//!
//! The folder is held open, so its own name is looked up once and not for every file.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

/// Files are made readable by the web server's user; the process's umask may take that away.
const FILE_MODE: Mode = Mode::from_raw_mode(0o666);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o777);

/// A folder held open.
#[derive(Debug)]
pub(super) struct Root {
    fd: OwnedFd,
    path: PathBuf,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file of so many bytes.
    File(u64),
    Folder,
    /// A link, socket or device: not ours.
    Other,
}

impl Root {
    /// Opens a folder, made with its parents where it is missing.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        Ok(Self { fd: fs::open(path, flags, Mode::empty())?, path: path.to_owned() })
    }

    /// The path of a file for a message.
    pub(super) fn full(&self, path: &str) -> PathBuf {
        self.path.join(path)
    }

    /// Writes a file that is not there yet. When writing fails nothing is left.
    pub(super) fn create(&self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let mut file = File::from(fs::openat(&self.fd, path, flags, FILE_MODE)?);
        file.write_all(bytes).map_err(|error| {
            // The write's failure is the news.
            let _ = self.unlink(path);
            errno(&error)
        })
    }

    /// Opens a file to read it, not through a link.
    pub(super) fn file(&self, path: &str) -> Result<File, Errno> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(&self.fd, path, flags, Mode::empty())?))
    }

    /// Opens a file to lock it, made where it is missing.
    pub(super) fn lock_file(&self, path: &str) -> Result<File, Errno> {
        let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(&self.fd, path, flags, FILE_MODE)?))
    }

    /// The bytes of a file; [`Errno::ISDIR`] for a folder.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, Errno> {
        read_all(&mut self.file(path)?)
    }

    /// What stands at a path; [`Errno::NOENT`] or [`Errno::NOTDIR`] when nothing does.
    pub(super) fn kind(&self, path: &str) -> Result<Kind, Errno> {
        let stat = fs::statat(&self.fd, path, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File(u64::try_from(stat.st_size).unwrap_or(0)),
            FileType::Directory => Kind::Folder,
            _ => Kind::Other,
        })
    }

    /// Whether a path still leads to an open file.
    pub(super) fn leads_to(&self, path: &str, file: &File) -> bool {
        let there = fs::statat(&self.fd, path, AtFlags::SYMLINK_NOFOLLOW);
        there
            .and_then(|there| Ok((there, fs::fstat(file)?)))
            .is_ok_and(|(there, open)| (there.st_dev, there.st_ino) == (open.st_dev, open.st_ino))
    }

    /// The entries of a folder in no order, with what they are; names that are no text are left out.
    pub(super) fn entries(&self, folder: &str) -> Result<Vec<(String, Kind)>, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let place = if folder.is_empty() { "." } else { folder };
        let mut entries = Vec::new();
        for entry in fs::Dir::new(fs::openat(&self.fd, place, flags, Mode::empty())?)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else {
                tracing::warn!(folder = %self.full(folder).display(), "a file name is not UTF-8; it is left out");
                continue;
            };
            let kind = match entry.file_type() {
                _ if matches!(name, "." | "..") => continue,
                FileType::RegularFile => Kind::File(0),
                FileType::Directory => Kind::Folder,
                FileType::Unknown => self.kind(&format!("{folder}{name}")).unwrap_or(Kind::Other),
                _ => Kind::Other,
            };
            entries.push((name.to_owned(), kind));
        }
        Ok(entries)
    }

    /// Swaps two files in one step. Fails where the file system cannot (see [`lacks_exchange`]).
    pub(super) fn exchange(&self, one: &str, other: &str) -> Result<(), Errno> {
        rename_with(&self.fd, one, other, Flag::Exchange)
    }

    /// Renames to a name that is free; [`Errno::EXIST`] where it is not.
    pub(super) fn rename_new(&self, from: &str, to: &str) -> Result<(), Errno> {
        rename_with(&self.fd, from, to, Flag::NoReplace)
    }

    /// Renames over whatever file stands there.
    pub(super) fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        fs::renameat(&self.fd, from, &self.fd, to)
    }

    /// Gives a file a second name.
    pub(super) fn link(&self, from: &str, to: &str) -> Result<(), Errno> {
        fs::linkat(&self.fd, from, &self.fd, to, AtFlags::empty())
    }

    /// Removes a file.
    pub(super) fn unlink(&self, path: &str) -> Result<(), Errno> {
        fs::unlinkat(&self.fd, path, AtFlags::empty())
    }

    /// Makes a folder; its parent has to be there.
    pub(super) fn make_folder(&self, path: &str) -> Result<(), Errno> {
        fs::mkdirat(&self.fd, path, FOLDER_MODE)
    }

    /// Removes an empty folder.
    pub(super) fn remove_folder(&self, path: &str) -> Result<(), Errno> {
        fs::unlinkat(&self.fd, path, AtFlags::REMOVEDIR)
    }

    /// Waits until the file system of this folder has written everything to its device.
    pub(super) fn sync(&self) -> Result<(), Errno> {
        #[cfg(target_os = "linux")]
        return fs::syncfs(&self.fd);
        #[cfg(not(target_os = "linux"))]
        return {
            fs::sync();
            Ok(())
        };
    }
}

/// The bytes of an open file from its start, in one read where its size is known.
pub(super) fn read_all(file: &mut File) -> Result<Vec<u8>, Errno> {
    let stat = fs::fstat(&*file)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        return Err(Errno::ISDIR);
    }
    let size = usize::try_from(stat.st_size).unwrap_or(0);
    let mut bytes = vec![0; size];
    let read = file.read_exact(&mut bytes);
    read.map_err(|error| errno(&error))?;
    Ok(bytes)
}

/// Whether a failed rename says that the file system or the kernel knows no exchange.
pub(super) fn lacks_exchange(error: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP].contains(&error)
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

#[derive(Clone, Copy)]
enum Flag {
    Exchange,
    NoReplace,
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_with(fd: &OwnedFd, from: &str, to: &str, flag: Flag) -> Result<(), Errno> {
    let flags = match flag {
        Flag::Exchange => fs::RenameFlags::EXCHANGE,
        Flag::NoReplace => fs::RenameFlags::NOREPLACE,
    };
    fs::renameat_with(fd, from, fd, to, flags)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename_with(_: &OwnedFd, _: &str, _: &str, _: Flag) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}
