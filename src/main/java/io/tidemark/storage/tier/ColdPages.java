package io.tidemark.storage.tier;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectStore;
import io.tidemark.storage.block.BlockPages;
import io.tidemark.storage.block.PageDirectory;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The pages of a block that lies in the store. Any thread that may block.
///
/// A read takes the pages stored behind the wanted one along, because a request costs far more than some bytes, and neighbouring series
/// are asked for next. A page that does not fit its checksum is read a second time before it counts as damaged: the way here may have
/// changed it, the object may not.
final class ColdPages implements BlockPages {
  /// Bytes of a read, unless one page has more.
  private static final int READ_BYTES = 256 * 1024;
  /// Longest wait for a read, with all that the store's guard tries, and its queue.
  private static final long READ_MILLIS_MAX = 60_000;

  private final BlockObject object;
  private final String key;
  private final ObjectStore store;
  private final PageCache cache;
  private final PageDirectory directory;
  private final Runnable whenMissing;
  /// Pages as they lie in the object, and where each is in that list; made on demand, a race makes it twice.
  private volatile Order order = Order.NONE;

  private record Order(int[] stored, int[] places) {
    static final Order NONE = new Order(new int[0], new int[0]);

    static Order of(List<Integer> numbers) {
      int[] stored = numbers.stream().mapToInt(Integer::intValue).toArray();
      int[] places = new int[stored.length];
      for (int i = 0; i < stored.length; i++) {
        places[stored[i]] = i;
      }
      return new Order(stored, places);
    }
  }

  /// @param whenMissing told that the store says that there is no such object; on the reader's thread, must return at once
  ColdPages(BlockObject object, ObjectStore store, PageCache cache, PageDirectory directory, Runnable whenMissing) {
    this.object = object;
    key = object.key();
    this.store = store;
    this.cache = cache;
    this.directory = directory;
    this.whenMissing = whenMissing;
  }

  @Override
  public byte[] page(int number) {
    return cache.page(key, number, () -> readAhead(number));
  }

  @Override
  public byte[] readPage(int number) {
    return directory.page(number, read(directory.offset(number), directory.bytes(number)), 0);
  }

  private byte[] readAhead(int number) {
    long begin = directory.offset(number);
    long end = begin + directory.bytes(number);
    Order here = order();
    int last = here.places[number];
    while (last + 1 < here.stored.length) {
      int next = here.stored[last + 1];
      long nextEnd = directory.offset(next) + directory.bytes(next);
      if (directory.offset(next) != end || nextEnd - begin > READ_BYTES) {
        break;
      }
      end = nextEnd;
      last++;
    }
    byte[] content = read(begin, (int) (end - begin));
    for (int i = here.places[number] + 1; i <= last; i++) {
      keep(here.stored[i], content, (int) (directory.offset(here.stored[i]) - begin));
    }
    try {
      return directory.page(number, content, 0);
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.CORRUPT) {
        throw e;
      }
      return readPage(number);
    }
  }

  /// A neighbour that is damaged tells so when it is asked for itself.
  private void keep(int number, byte[] content, int at) {
    byte[] page;
    try {
      page = directory.page(number, content, at);
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.CORRUPT) {
        throw e;
      }
      return;
    }
    cache.offer(key, number, page);
  }

  private Order order() {
    Order known = order;
    if (known == Order.NONE) {
      known = Order.of(directory.stored());
      order = known;
    }
    return known;
  }

  private byte[] read(long offset, int bytes) {
    try {
      return store.read(key, offset, bytes).toCompletionStage().toCompletableFuture().get(READ_MILLIS_MAX, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (TimeoutException e) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, name() + ": no answer within " + READ_MILLIS_MAX + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, name() + ": its pages are wanted no more", e);
    }
  }

  private String name() {
    return "cold block " + object.name() + " in " + store.name() + ", object " + key;
  }

  private TidemarkException failure(Throwable cause) {
    ErrorCode code = cause instanceof TidemarkException known ? known.code() : ErrorCode.INTERNAL;
    return switch (code) {
      case NOT_FOUND -> {
        whenMissing.run();
        yield new TidemarkException(ErrorCode.UNAVAILABLE, name() + ": the object is gone; put it back from a replica or a backup", cause);
      }
      case CORRUPT, INTERNAL, NOT_SUPPORTED, CANCELED -> new TidemarkException(code, name() + ": " + cause.getMessage(), cause);
      default -> new TidemarkException(ErrorCode.UNAVAILABLE, name() + " cannot be read now: " + cause.getMessage(), cause);
    };
  }
}
