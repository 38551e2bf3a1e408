package io.tidemark.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// One open file. Reads are safe on many threads, writes belong to one. What is opened, its opener closes.
public interface DiskFile extends AutoCloseable {
  long bytes();

  /// Fills `into` from byte `offset` on and returns how many bytes were read; fewer than asked only at the end of the file.
  int read(ByteBuffer into, long offset);

  /// Writes all of `from` at byte `offset`. Not durable before `sync`.
  void write(ByteBuffer from, long offset);

  /// Makes all that was written durable (fdatasync). After a failure nothing written since the last success can be trusted, and
  /// the file must be closed and read anew.
  void sync();

  /// Cuts or extends the file to `bytes`.
  void truncate(long bytes);

  /// A read-only view of `bytes` bytes from `offset` on, valid until `arena` closes. Only for files that nobody writes any more.
  MemorySegment map(long offset, long bytes, Arena arena);

  @Override
  void close();
}
