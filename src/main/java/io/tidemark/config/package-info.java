/// Configuration files: a YAML tree that remembers line and column, typed reading, all problems at once.
///
/// **Purpose** turn a YAML text into records of other houses, or into a list of problems with their places.
/// **Invariants** no key is ignored: a reader names every key it knows, any other is a problem with the nearest known key.
/// **Threading** a `Section` belongs to the thread that reads it. **Plane** control.
/// **Formats** YAML 1.2  **Start at** {@link io.tidemark.config.Section}
@NullMarked
package io.tidemark.config;

import org.jspecify.annotations.NullMarked;
