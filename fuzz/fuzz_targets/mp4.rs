#![no_main]

musicap_fuzz::container_target!(Mp4);
