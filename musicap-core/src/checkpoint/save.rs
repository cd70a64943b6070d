//! Writes a model folder, tensor by tensor.

use std::io::Write;
use std::path::Path;

use half::f16;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::pretrained::Pretrained;
use super::tensors::StoredType;
use crate::error::{Error, Result};
use crate::file::replace_file;
use crate::model::CaptionModel;

/// How precisely weights are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    F32,
    /// 16-bit floating point: half the size; computed with in 32 bits.
    F16,
}

impl std::str::FromStr for Precision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "f32" => Ok(Precision::F32),
            "f16" => Ok(Precision::F16),
            other => Err(Error::option("precision", other, "f32 or f16")),
        }
    }
}

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
        CaptionModel::load(self.config.audio_encoder(), &self.config.bart, &mut reader, &device)?;
        reader.finish()
    }

    /// The safetensors format: the length of a JSON header, the header, the tensors' bytes.
    fn write_weights(&self, precision: Precision, path: &Path, out: &mut dyn Write) -> Result<()> {
        let (dtype, name) = match precision {
            Precision::F32 => (StoredType::F32, "F32"),
            Precision::F16 => (StoredType::F16, "F16"),
        };
        let mut header = Map::from_iter([("__metadata__".into(), json!({"format": "pt"}))]);
        let mut end = 0;
        for (tensor, stored) in self.checkpoint.essential() {
            let start = end;
            end += stored.shape.iter().product::<usize>() * dtype.size();
            let entry = json!({"dtype": name, "shape": stored.shape, "data_offsets": [start, end]});
            header.insert(tensor.to_owned(), entry);
        }
        let mut header = Value::Object(header).to_string();
        // Tensors start at a multiple of eight bytes.
        header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));

        let failed = || Error::io("write", path);
        out.write_all(&(header.len() as u64).to_le_bytes()).map_err(failed())?;
        out.write_all(header.as_bytes()).map_err(failed())?;
        for (tensor, stored) in self.checkpoint.essential() {
            let values = self.checkpoint.read(tensor, stored)?;
            let bytes: Vec<u8> = match precision {
                Precision::F32 => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
                Precision::F16 => {
                    values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect()
                }
            };
            out.write_all(&bytes).map_err(failed())?;
        }
        Ok(())
    }
}
