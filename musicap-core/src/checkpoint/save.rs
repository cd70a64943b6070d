//! Writes a model folder, tensor by tensor.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use half::f16;
use safetensors::{Dtype, SafeTensorError, View};

use super::dtype::StoredType;
use super::precision::Precision;
use super::pretrained::Pretrained;
use super::tensors::{Checkpoint, Stored, scale_of};
use crate::device::Device;
use crate::error::{Error, Result, truncate};
use crate::file::NewFile;
use crate::model::{Layout, Placement, QuantizedWeight};
use crate::tags::TagHead;

impl Pretrained {
    /// Writes the model as a folder: `config.json`, `tokenizer.json`, `model.safetensors`. An
    /// existing `generation_config.json` is replaced by one with this model's settings.
    ///
    /// The network is built before anything is written, so that no model is saved that cannot be
    /// loaded again. All files are written under temporary names before the first one is replaced;
    /// `config.json` is removed first and replaced last. An interrupted save leaves the old model,
    /// the new one, or a folder that is not a model, but never a mixture of both.
    ///
    /// # Errors
    /// Those of invalid weights, [`Error::DeviceUnavailable`] in a build without any backend, and
    /// [`Error::Io`].
    pub fn save(&self, folder: impl AsRef<Path>, precision: Precision) -> Result<()> {
        self.verify(precision)?;
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;

        let config = self.config.without_weights_hash();
        let text = |name: &str, text: &str| -> Result<NewFile> {
            let path = folder.join(name);
            NewFile::write(&path, |file| {
                file.write_all(text.as_bytes()).map_err(Error::io("write", &path))
            })
        };
        let config_path = folder.join("config.json");
        let config_file = text("config.json", &config.to_json())?;
        let mut files = vec![text("tokenizer.json", &self.tokenizer.to_json()?)?];
        // It takes precedence over config.json.
        if folder.join("generation_config.json").symlink_metadata().is_ok() {
            files.push(text("generation_config.json", &config.generation_json())?);
        }
        files.push(self.write_weights(precision, &folder.join("model.safetensors"))?);

        match std::fs::remove_file(&config_path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("remove", config_path)(error));
            }
            _ => {}
        }
        files.into_iter().try_for_each(NewFile::commit)?;
        config_file.commit()
    }

    /// Builds the network from the weights as they will be saved.
    fn verify(&self, precision: Precision) -> Result<()> {
        let mut reader = self.reader().with_precision(precision);
        let placement = Placement { device: Device::any()?, layout: Layout::Plain };
        let architecture = self.config.architecture();
        architecture.load(&self.config.audio, &mut reader, &placement)?;
        TagHead::of(self.name(), &self.config, &mut reader)?;
        reader.finish()
    }

    fn write_weights(&self, precision: Precision, path: &Path) -> Result<NewFile> {
        let new = NewFile::write(path, |_| Ok(()))?;
        let failed = RefCell::new(None);
        let architecture = self.config.architecture();
        let mut tensors = Vec::new();
        for (name, stored) in self.checkpoint.saved_tensors(architecture) {
            let quantizable = architecture.is_quantizable(name, &stored.shape);
            let dtype = precision.stored_type(quantizable);
            let tensor = |part| Tensor {
                checkpoint: &self.checkpoint,
                name: name.to_owned(),
                stored,
                dtype,
                part,
                failed: &failed,
            };
            tensors.push((name.to_owned(), tensor(Part::Values)));
            if dtype == StoredType::I8 {
                tensors.push((scale_of(name), tensor(Part::Scales)));
            }
        }
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        let written = safetensors::serialize_to_file(tensors, Some(metadata), new.path());
        if let Some(error) = failed.take() {
            return Err(error);
        }
        written.map_err(|error| match error {
            SafeTensorError::IoError(error) => Error::io("write", path)(error),
            other => Error::InvalidCheckpoint {
                origin: self.checkpoint.origin().to_owned(),
                reason: truncate(&other.to_string()),
            },
        })?;
        Ok(new)
    }
}

/// A tensor that is read when it is written.
struct Tensor<'a> {
    checkpoint: &'a Checkpoint,
    name: String,
    stored: &'a Stored,
    /// What it is written as.
    dtype: StoredType,
    part: Part,
    /// Where the first error goes: safetensors' writer cannot return it.
    failed: &'a RefCell<Option<Error>>,
}

/// The part of an int8 tensor; other tensors have values alone.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Values,
    Scales,
}

impl Tensor<'_> {
    fn bytes(&self) -> Result<Vec<u8>> {
        let (name, stored) = (&self.name, self.stored);
        Ok(match (self.dtype, self.part) {
            (StoredType::I8, part) => {
                let QuantizedWeight { values, scales } =
                    self.checkpoint.read_quantized(name, stored)?;
                match part {
                    Part::Values => values.into_iter().flat_map(i8::to_le_bytes).collect(),
                    Part::Scales => scales.into_iter().flat_map(f32::to_le_bytes).collect(),
                }
            }
            (StoredType::F16, _) => {
                let values = self.checkpoint.read(name, stored)?;
                values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect()
            }
            _ => {
                let values = self.checkpoint.read(name, stored)?;
                values.iter().flat_map(|x| x.to_le_bytes()).collect()
            }
        })
    }
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        match self.part {
            Part::Values => self.dtype.to_safetensors(),
            Part::Scales => Dtype::F32,
        }
    }

    fn shape(&self) -> &[usize] {
        match self.part {
            Part::Values => &self.stored.shape,
            Part::Scales => &self.stored.shape[..1],
        }
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let bytes = self.bytes().unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            Vec::new()
        });
        Cow::Owned(bytes)
    }

    fn data_len(&self) -> usize {
        let size = match self.part {
            Part::Values => self.dtype.size(),
            Part::Scales => size_of::<f32>(),
        };
        self.shape().iter().product::<usize>() * size
    }
}
