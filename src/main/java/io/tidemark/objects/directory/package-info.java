/// Objects as files below one directory.
///
/// **Purpose** the store of one machine, or of several that share a file system.
/// **Invariants** a file that has an object's name is whole and durable: it was written elsewhere in the directory, synced, renamed.
/// **Threading** blocking calls on the executor given. **Plane** control.
/// **Formats** none: the file is the object  **Start at** {@link io.tidemark.objects.directory.DirectoryStore}
@NullMarked
package io.tidemark.objects.directory;

import org.jspecify.annotations.NullMarked;
