"""The `training` section, one data model per model type (engine: `create_training_wrapper_from_config`)."""
