package io.tidemark.storage.tier;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/// Pages of cold blocks in memory, at most so many bytes for all. Any thread.
///
/// Of threads that want one page at once one reads it and the others wait for what it got, also for its failure, which is not kept.
final class PageCache {
  /// What an entry takes beside its bytes, about.
  private static final int ENTRY_BYTES = 128;

  /// Objects never change, so their keys are names of contents.
  private record Key(String object, int page) {}

  private final AsyncCache<Key, byte[]> pages;
  private final Counter hits;
  private final Counter misses;

  PageCache(long bytesMax, Metrics metrics) {
    // Upkeep on the caller's thread: it is short, and a simulation has no other.
    pages = Caffeine.newBuilder().maximumWeight(bytesMax).weigher((Key _, byte[] page) -> page.length + ENTRY_BYTES).executor(Runnable::run)
        .buildAsync();
    hits = metrics.counter("tidemark_cold_cache_hits_total", "Pages of cold blocks that were in memory.");
    misses = metrics.counter("tidemark_cold_cache_misses_total", "Pages of cold blocks that had to be read from the object store.");
    metrics.gauge("tidemark_cold_cache_bytes", "Bytes of pages of cold blocks that are kept in memory.", this::bytes);
  }

  private double bytes() {
    return pages.synchronous().policy().eviction().map(eviction -> eviction.weightedSize().orElse(0)).orElse(0L);
  }

  /// The page, from here or from `read`, whose failure passes through.
  byte[] page(String object, int page, Supplier<byte[]> read) {
    var mine = new CompletableFuture<byte[]>();
    CompletableFuture<byte[]> theirs = pages.asMap().putIfAbsent(new Key(object, page), mine);
    if (theirs != null) {
      hits.increment();
      return await(object, page, theirs);
    }
    misses.increment();
    try {
      byte[] content = read.get();
      mine.complete(content);
      return content;
    } catch (RuntimeException | Error e) {
      mine.completeExceptionally(e);
      throw e;
    }
  }

  /// Keeps a page that was read along with another.
  void offer(String object, int page, byte[] content) {
    pages.asMap().putIfAbsent(new Key(object, page), CompletableFuture.completedFuture(content));
  }

  private static byte[] await(String object, int page, CompletableFuture<byte[]> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "object " + object + ": page " + page + " is wanted no more", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TidemarkException known) {
        // Another exception object for each thread, because each adds its own trace.
        throw new TidemarkException(known.code(), known.getMessage(), known);
      }
      throw new TidemarkException(ErrorCode.INTERNAL, "object " + object + ": page " + page + ": " + e.getCause(), e);
    }
  }
}
