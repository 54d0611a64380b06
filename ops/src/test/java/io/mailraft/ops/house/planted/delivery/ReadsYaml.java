package io.mailraft.ops.house.planted.delivery;

import org.snakeyaml.engine.v2.api.LoadSettings;

/** Planted: a violation. */
record ReadsYaml(LoadSettings settings) {}
