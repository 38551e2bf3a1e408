package io.tidemark.api.remoteread;

import io.tidemark.api.Body;
import io.tidemark.api.Piece;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.ProtoFields;
import io.tidemark.codec.Checksum;
import io.tidemark.storage.SampleBuffer;

/// An answer of frames, a series or a part of one each: byte count as a varint, CRC-32C as a big-endian u32, then a message
/// `ChunkedReadResponse`. Source: Prometheus' remote read API, and `prompb/remote.proto`.
///
/// A series' samples go in chunks of at most {@link #CHUNK_SAMPLES_MAX}. A frame ends at {@link #FRAME_BYTES_MAX}, and the rest of its
/// series follows in the next one. A chunk has numbers or native histograms, these with float counts.
final class StreamedBody implements Body {
  /// As many as Prometheus puts into one.
  static final int CHUNK_SAMPLES_MAX = 120;
  /// As Prometheus' `--storage.remote.read-max-bytes-in-frame`.
  static final int FRAME_BYTES_MAX = 1024 * 1024;
  private static final int XOR = 1;
  private static final int FLOAT_HISTOGRAM = 3;

  private final SeriesCursor cursor;
  private final Messages messages = new Messages();
  private final XorChunk numbers = new XorChunk();
  private final HistogramChunk histograms = new HistogramChunk();
  private final ByteWriter message = new ByteWriter(1024);
  private final ByteWriter series = new ByteWriter(1024);
  private final ByteWriter part = new ByteWriter(256);
  /// The next sample of the cursor's series that is not in a frame yet.
  private int sample;
  private boolean within;

  StreamedBody(SeriesCursor cursor) {
    this.cursor = cursor;
  }

  @Override
  public boolean next(Piece out) {
    while (out.count() < PIECE_BYTES) {
      if (!within) {
        if (!cursor.next()) {
          return false;
        }
        within = true;
        sample = 0;
      }
      frame(out);
      within = sample < cursor.samples().count;
    }
    return true;
  }

  /// The end of the run of numbers from the next sample on.
  private int numbersEnd(SampleBuffer samples, int max) {
    int end = sample + 1;
    while (end < max && samples.histograms[end] == null) {
      end++;
    }
    return end;
  }

  private void frame(Piece out) {
    SampleBuffer samples = cursor.samples();
    series.clear();
    messages.labels(series, cursor.labels());
    while (sample < samples.count && series.count() < FRAME_BYTES_MAX) {
      int to = Math.min(samples.count, sample + CHUNK_SAMPLES_MAX);
      boolean isHistogram = samples.hasHistograms() && samples.histograms[sample] != null;
      ChunkBits bits;
      if (isHistogram) {
        to = HistogramChunk.end(samples.histograms, sample, to);
        bits = histograms.encode(samples.timestampsMillis, samples.histograms, sample, to);
      } else {
        to = samples.hasHistograms() ? numbersEnd(samples, to) : to;
        bits = numbers.encode(samples.timestampsMillis, samples.values, sample, to);
      }
      part.clear();
      ProtoFields.number(part, 1, samples.timestampsMillis[sample]);
      ProtoFields.number(part, 2, samples.timestampsMillis[to - 1]);
      ProtoFields.number(part, 3, isHistogram ? FLOAT_HISTOGRAM : XOR);
      ProtoFields.bytes(part, 4, bits.array(), bits.count());
      ProtoFields.message(series, 2, part);
      sample = to;
    }
    message.clear();
    ProtoFields.message(message, 1, series);
    ProtoFields.number(message, 2, cursor.query());
    part.clear();
    part.writeVarint(message.count());
    int checksum = Checksum.crc32c(message.array(), 0, message.count());
    part.writeInt(Integer.reverseBytes(checksum));
    out.add(part.array(), 0, part.count());
    out.add(message.array(), 0, message.count());
  }

  @Override
  public void close() {
    cursor.close();
  }
}
