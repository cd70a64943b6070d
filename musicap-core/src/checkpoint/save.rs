//! Writes a model folder, tensor by tensor.

use std::io::Write;
use std::path::Path;

use half::f16;
use serde_json::{Map, Value, json};

use super::precision::Precision;
use super::pretrained::Pretrained;
use super::tensors::{StoredType, dtype_of, scale_of};
use crate::error::{Error, Result};
use crate::file::replace_file;
use crate::model::{CaptionModel, QuantizedWeight};

impl Pretrained {
    /// Writes the model as a folder: `config.json`, `tokenizer.json`, `model.safetensors`.
    ///
    /// The model is built once before, so that nothing is written that could not be loaded
    /// again. Each file is put in place by renaming, so that none is ever half there.
    ///
    /// # Errors
    /// What [`CaptionModel::load`] finds wrong with the weights, and [`Error::Io`].
    pub fn save(&self, folder: impl AsRef<Path>, precision: Precision) -> Result<()> {
        self.verify(precision)?;
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let weights = folder.join("model.safetensors");
        replace_file(&weights, |out| self.write_weights(precision, &weights, out))?;
        for (name, text) in
            [("tokenizer.json", self.tokenizer.to_json()?), ("config.json", self.config.to_json())]
        {
            let path = folder.join(name);
            replace_file(&path, |out| {
                out.write_all(text.as_bytes()).map_err(Error::io("write", &path))
            })?;
        }
        // What another model may have left here would take precedence over config.json.
        let other = folder.join("generation_config.json");
        match std::fs::remove_file(&other) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("remove", other)(error))
            }
            _ => Ok(()),
        }
    }

    fn verify(&self, precision: Precision) -> Result<()> {
        let mut reader = self.checkpoint.reader().with_precision(precision);
        let device = crate::device::Device::default().to_burn()?;
        CaptionModel::load(
            self.config.audio_encoder(),
            &self.config.bart,
            &mut reader,
            &device,
            false,
        )?;
        reader.finish()
    }

    /// The safetensors format: the length of a JSON header, the header, the tensors' bytes.
    fn write_weights(&self, precision: Precision, path: &Path, out: &mut dyn Write) -> Result<()> {
        let mut header = Map::from_iter([("__metadata__".into(), json!({"format": "pt"}))]);
        let mut end = 0;
        let mut announce = |name: String, dtype: StoredType, shape: &[usize]| {
            let start = end;
            end += shape.iter().product::<usize>() * dtype.size();
            let dtype = format!("{dtype:?}");
            let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]});
            header.insert(name, entry);
        };
        for (tensor, stored) in self.checkpoint.saved_tensors() {
            let dtype = dtype_of(precision, tensor, &stored.shape);
            announce(tensor.to_owned(), dtype, &stored.shape);
            if dtype == StoredType::I8 {
                announce(scale_of(tensor), StoredType::F32, &stored.shape[..1]);
            }
        }
        let mut header = Value::Object(header).to_string();
        // Tensors start at a multiple of eight bytes.
        header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));

        let failed = || Error::io("write", path);
        out.write_all(&(header.len() as u64).to_le_bytes()).map_err(failed())?;
        out.write_all(header.as_bytes()).map_err(failed())?;
        for (tensor, stored) in self.checkpoint.saved_tensors() {
            let dtype = dtype_of(precision, tensor, &stored.shape);
            let bytes: Vec<u8> = match dtype {
                StoredType::I8 => {
                    let QuantizedWeight { values, scales } =
                        self.checkpoint.read_quantized(tensor, stored)?;
                    let scales = scales.into_iter().flat_map(f32::to_le_bytes);
                    values.into_iter().flat_map(i8::to_le_bytes).chain(scales).collect()
                }
                StoredType::F16 => {
                    let values = self.checkpoint.read(tensor, stored)?;
                    values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect()
                }
                _ => {
                    let values = self.checkpoint.read(tensor, stored)?;
                    values.iter().flat_map(|x| x.to_le_bytes()).collect()
                }
            };
            out.write_all(&bytes).map_err(failed())?;
        }
        Ok(())
    }
}
