package io.tidemark.storage.block;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.concurrent.ArrayBlockingQueue;

/// Unpacks zstd frames with contexts that are used again: making one costs as much as unpacking 32 KiB. Safe on any thread.
final class Unpacking {
  /// More are made when as many threads unpack at once, and given up afterwards.
  private static final int CONTEXTS_MAX = 16;
  private static final ArrayBlockingQueue<ZstdDecompressCtx> CONTEXTS = new ArrayBlockingQueue<>(CONTEXTS_MAX);

  private Unpacking() {}

  /// Unpacks the frame `packed[at..at+count)` to the begin of `raw` and returns how many bytes it had, or -1 when it is no frame or has
  /// more than there is room for.
  static int unpack(byte[] raw, byte[] packed, int at, int count) {
    ZstdDecompressCtx kept = CONTEXTS.poll();
    ZstdDecompressCtx context = kept == null ? new ZstdDecompressCtx() : kept;
    try {
      return context.decompressByteArray(raw, 0, raw.length, packed, at, count);
    } catch (ZstdException e) {
      return -1; // the caller says where
    } finally {
      if (!CONTEXTS.offer(context)) {
        context.close();
      }
    }
  }
}
