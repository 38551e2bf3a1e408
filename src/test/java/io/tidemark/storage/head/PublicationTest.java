package io.tidemark.storage.head;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.storage.Postings;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// One writer and several readers on real threads: a reader sees a prefix of what was written, whole, and never less than before.
class PublicationTest {
  private static final int READERS = 3;

  /// Runs `write` beside readers that run `read` until it has ended, and once more.
  private static void race(Runnable write, Callable<Long> read) throws Exception {
    var done = new AtomicBoolean();
    try (var threads = Executors.newFixedThreadPool(READERS)) {
      var readers = new ArrayList<Future<Long>>();
      for (int i = 0; i < READERS; i++) {
        readers.add(threads.submit(() -> {
          long before = 0;
          while (true) {
            boolean last = done.get();
            long now = read.call();
            assertTrue(now >= before, now + " after " + before);
            before = now;
            if (last) {
              return now;
            }
          }
        }));
      }
      write.run();
      done.set(true);
      for (Future<Long> reader : readers) {
        reader.get();
      }
    }
  }

  @Test
  void intsShowAPrefix() throws Exception {
    var ints = new PublishedInts(1);
    race(() -> {
      for (int i = 0; i < 2_000_000; i++) {
        ints.add(i * 3);
      }
    }, () -> {
      Postings view = ints.view();
      for (int i = Math.max(0, view.count() - 100); i < view.count(); i++) {
        assertEquals(i * 3, view.refs()[i]);
      }
      return (long) view.count();
    });
  }

  @Test
  void longsShowAPrefix() throws Exception {
    var longs = new PublishedLongs();
    race(() -> {
      for (int i = 0; i < 2_000_000; i++) {
        longs.add(i * 3L);
      }
    }, () -> {
      int count = longs.count();
      for (int i = Math.max(0, count - 100); i < count; i++) {
        assertEquals(i * 3L, longs.at(i));
      }
      return (long) count;
    });
  }

  @Test
  void listsShowWholeObjects() throws Exception {
    var list = new PublishedList<int[]>(new int[4][]);
    race(() -> {
      for (int i = 0; i < 1_000_000; i++) {
        list.add(new int[] {i, -i});
      }
    }, () -> {
      int count = list.count();
      for (int i = Math.max(0, count - 100); i < count; i++) {
        assertEquals(i, list.at(i)[0]);
        assertEquals(-i, list.at(i)[1]);
      }
      return (long) count;
    });
  }

  /// A loop that is whatever thread calls.
  static Loop anyThread() {
    return new Loop() {
      @Override
      public boolean isCurrent() {
        return true;
      }

      @Override
      public void execute(Runnable work) {
        work.run();
      }

      @Override
      public Timer after(long delayMillis, Runnable work) {
        throw new UnsupportedOperationException();
      }
    };
  }

  private static byte[] labels(int i) {
    return LabelSet.of(LabelSet.NAME, "m" + i % 10, "i", String.valueOf(i)).toCanonicalBytes();
  }

  @Test
  void headShowsPrefixesOfSeriesAndSamplesWhileItGrows() throws Exception {
    var limits = new HeadLimits(7_200_000, Long.MAX_VALUE, Long.MAX_VALUE, 100, 0);
    var head = new Head(anyThread(), limits, Entropy.seeded(1), new Metrics(), "0");
    int seriesMax = 5_000;
    race(() -> {
      for (int round = 0; round < 100; round++) {
        int end = Math.min(seriesMax, (round + 1) * 200);
        for (int i = 0; i < end; i++) {
          byte[] bytes = labels(i);
          int ref = head.define(bytes, 0, bytes.length);
          long time = round * 100_000L + i % 7;
          head.append(ref, time, Double.doubleToRawLongBits(time * 2.0));
          if (round % 9 == 8) {
            head.append(ref, time - 50_000, Double.doubleToRawLongBits((time - 50_000) * 2.0));
          }
        }
      }
    }, () -> {
      HeadView view = head.view();
      int end = view.index().refsEnd();
      long samples = 0;
      var buffer = new SampleBuffer();
      for (int ref = end / 2; ref < end; ref += 97) {
        assertEquals(String.valueOf(ref), view.labels(ref).value("i"));
        Postings postings = view.index().postings("i", String.valueOf(ref));
        assertEquals(1, postings.count());
        assertEquals(ref, postings.refs()[0]);
      }
      for (int ref = 0; ref < Math.min(end, 200); ref += 13) {
        buffer.clear();
        view.read(ref, 0, Long.MAX_VALUE, buffer);
        for (int i = 0; i < buffer.count; i++) {
          assertEquals(buffer.timestampsMillis[i] * 2.0, buffer.values[i]);
          assertTrue(i == 0 || buffer.timestampsMillis[i - 1] < buffer.timestampsMillis[i]);
        }
        samples += buffer.count;
      }
      for (Postings all : List.of(view.index().postings(LabelSet.NAME, "m3"))) {
        for (int i = 0; i < all.count(); i++) {
          assertEquals(3, all.refs()[i] % 10);
        }
      }
      return samples;
    });
    assertEquals(seriesMax, head.view().index().refsEnd());
  }

  private static Histogram histogram(long time) {
    int[] indexes = time % 1000 < 500 ? new int[] {1, 4, 9} : new int[] {1, 4, 9, 30};
    var counts = new double[indexes.length];
    Arrays.fill(counts, time);
    return new Histogram(2, time * 3.0, time / 7.0, 0, 0, new Histogram.Buckets(indexes, counts), Histogram.Buckets.NONE, new double[0],
        Histogram.Reset.NO);
  }

  @Test
  void aReaderSeesHistogramsAndStartTimesOfEverySampleItSees() throws Exception {
    var limits = new HeadLimits(7_200_000, Long.MAX_VALUE, Long.MAX_VALUE, 100, 0);
    var head = new Head(anyThread(), limits, Entropy.seeded(1), new Metrics(), "0");
    byte[] bytes = labels(1);
    int ref = head.define(bytes, 0, bytes.length);
    race(() -> {
      for (int i = 0; i < 20_000; i++) {
        long time = i * 300L;
        if (i % 11 == 5) {
          head.append(ref, time, Double.doubleToRawLongBits(time));
        } else {
          head.append(ref, time, 0, histogram(time), 1 + time / 100_000);
        }
        if (i % 50 == 49) {
          head.append(ref, time - 4_050, 0, histogram(time - 4_050), 0);
        }
      }
    }, () -> {
      var buffer = new SampleBuffer();
      head.view().read(ref, 0, Long.MAX_VALUE, buffer);
      for (int i = 0; i < buffer.count; i++) {
        long time = buffer.timestampsMillis[i];
        Histogram histogram = buffer.hasHistograms() ? buffer.histograms[i] : null;
        if (histogram == null) {
          assertEquals(time, buffer.values[i]);
          assertEquals(5, time / 300 % 11);
        } else {
          // Behind a sample that came late nothing is said of a reset any more.
          assertEquals(histogram(time).with(Histogram.Reset.UNKNOWN), histogram.with(Histogram.Reset.UNKNOWN));
          assertEquals(time % 300 == 0 ? 1 + time / 100_000 : 0, buffer.startsMillis[i]);
        }
      }
      return (long) buffer.count;
    });
  }
}
