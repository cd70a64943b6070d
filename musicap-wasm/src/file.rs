//! Files on the JavaScript side, read in parts.

use std::io::{self, Read, Seek, SeekFrom};

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `{ size: number, read(start: number, length: number): Uint8Array }`: a blob read by
    /// `FileReaderSync`, or bytes.
    pub type JsFile;

    #[wasm_bindgen(method, getter)]
    fn size(this: &JsFile) -> f64;

    #[wasm_bindgen(method, catch)]
    fn read(this: &JsFile, start: f64, length: u32) -> Result<Uint8Array, JsValue>;
}

/// A [`JsFile`] with the standard library's `Read` and `Seek`.
pub struct File {
    file: JsFile,
    position: u64,
}

impl File {
    /// Positioned at the start of the file.
    pub fn new(file: JsFile) -> Self {
        File { file, position: 0 }
    }

    fn size(&self) -> u64 {
        self.file.size() as u64
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size().saturating_sub(self.position);
        let length = u64::try_from(buffer.len()).unwrap_or(u64::MAX).min(left) as usize;
        if length == 0 {
            return Ok(0);
        }
        let bytes = self.file.read(self.position as f64, length as u32).map_err(read_error)?;
        if bytes.length() as usize != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.copy_to(&mut buffer[..length]);
        self.position += length as u64;
        Ok(length)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// The browser's error on reading a file, for example because it has changed since it was chosen.
fn read_error(reason: JsValue) -> io::Error {
    let message = reason.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    io::Error::other(message.unwrap_or_else(|| format!("{reason:?}")))
}
