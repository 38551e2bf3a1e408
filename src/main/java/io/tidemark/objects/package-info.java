/// Large immutable things by key: cold blocks, checkpoints. A directory or any vendor's S3 endpoint.
///
/// **Purpose** keep sealed data where every node finds it.
/// **Invariants** an object is whole or absent; it is written once and never changed.
/// **Threading** any thread. **Plane** control.
/// **Formats** none of its own  **Start at** {@link io.tidemark.objects.ObjectStore}
@NullMarked
package io.tidemark.objects;

import org.jspecify.annotations.NullMarked;
