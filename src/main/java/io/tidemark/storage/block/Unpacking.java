package io.tidemark.storage.block;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.concurrent.ArrayBlockingQueue;

/// Unpacks zstd frames with contexts that are used again: making one costs as much as unpacking a page. Safe on any thread.
final class Unpacking {
  /// More are made when as many threads unpack at once, and given up afterwards.
  private static final int CONTEXTS_MAX = 16;
  private static final ArrayBlockingQueue<ZstdDecompressCtx> CONTEXTS = new ArrayBlockingQueue<>(CONTEXTS_MAX);

  private Unpacking() {}

  /// Unpacks the frame `packed[at..at+count)` to `raw[to..to+room)` and returns how many bytes it had, or -1 when it is no frame or has
  /// more.
  static int unpack(byte[] raw, int to, int room, byte[] packed, int at, int count) {
    ZstdDecompressCtx kept = CONTEXTS.poll();
    ZstdDecompressCtx context = kept == null ? new ZstdDecompressCtx() : kept;
    try {
      return context.decompressByteArray(raw, to, room, packed, at, count);
    } catch (ZstdException e) {
      return -1; // the caller says where
    } finally {
      if (!CONTEXTS.offer(context)) {
        context.close();
      }
    }
  }
}
