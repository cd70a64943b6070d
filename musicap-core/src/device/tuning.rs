//! Where CubeCL keeps what it has found out about kernels.

use std::sync::Once;

use burn::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig, cache::CacheConfig};

/// Has CubeCL keep which kernels are fastest in the user's cache folder, in a file `musicap.db`
/// of its own. An application that has configured CubeCL before, and a `cubecl.toml` or
/// `burn.toml` that names another place, are left as they are.
pub fn keep() {
    static KEPT: Once = Once::new();
    KEPT.call_once(|| {
        let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
        // The default is a folder of the Cargo project that the current folder is in.
        if let CacheConfig::Target = config.environment.path {
            config.environment.path = CacheConfig::Global;
        }
        if config.environment.name == "default" {
            config.environment.name = "musicap".into();
        }
        CubeClRuntimeConfig::try_set(config);
    });
}
