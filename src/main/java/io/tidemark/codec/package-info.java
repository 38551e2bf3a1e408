/// Bytes and bits to arrays and back.
///
/// **Purpose** the encodings that stored samples are made of: chunks, varints, columns, an entropy coder, checksums;
/// fields of protobuf.
/// **Invariants** pure: no files, no clock; decode(encode(x)) = x bit for bit; a reader never runs past the bytes it was given.
/// **Threading** writers and readers belong to one thread each; {@link io.tidemark.codec.Slabs} says what may be read while written.
/// **Plane** data.
/// **Formats** chunks, varints: docs/formats/checkpoint.md; columns: docs/formats/block.md, docs/formats/peer.md
/// **Start at** {@link io.tidemark.codec.ChunkEncoder}
@NullMarked
package io.tidemark.codec;

import org.jspecify.annotations.NullMarked;
