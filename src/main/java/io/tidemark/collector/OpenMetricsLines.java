package io.tidemark.collector;

import io.tidemark.collector.admit.LabelAssembler;
import io.tidemark.collector.admit.SampleLimits;
import io.tidemark.collector.text.Dialect;
import io.tidemark.collector.text.ExpositionParser;
import java.util.Arrays;

/// Reads OpenMetrics text for those who do not store it but sort it or check it: one line after the other, by the parser of the pushes.
/// Limits that a server sets are left to it. One thread.
public final class OpenMetricsLines {
  /// Longest line, in bytes.
  public static final int LINE_BYTES_MAX = ExpositionParser.LINE_BYTES_MAX;
  public static final String CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

  /// What a line is; empty lines and comments are passed over.
  public enum Kind { SAMPLE, METADATA, EOF, BROKEN, DONE }

  private final ExpositionParser parser = new ExpositionParser();
  private final LabelAssembler labels = new LabelAssembler(SampleLimits.LARGEST);
  private byte[] bytes = new byte[0];
  private byte[] lastSeries = new byte[0];
  private String problem = "";

  /// Starts with whole lines.
  public void reset(byte[] text, int length) {
    bytes = text;
    parser.reset(text, length, Dialect.OPENMETRICS);
  }

  /// Moves to the next line.
  public Kind next() {
    return switch (parser.next()) {
      case SAMPLE -> sample();
      case METADATA -> Kind.METADATA;
      case EOF -> Kind.EOF;
      case BROKEN -> {
        problem = parser.problem();
        yield Kind.BROKEN;
      }
      case DONE -> Kind.DONE;
    };
  }

  private Kind sample() {
    int from = parser.seriesFrom();
    int to = parser.seriesTo();
    if (!Arrays.equals(bytes, from, to, lastSeries, 0, lastSeries.length)) {
      labels.reset();
      parser.labels(labels);
      if (!labels.isComplete()) {
        problem = "line " + parser.line() + ": " + labels.problem();
        return Kind.BROKEN;
      }
      lastSeries = Arrays.copyOfRange(bytes, from, to);
    }
    if (!parser.hasTimestamp()) {
      problem = "line " + parser.line() + ": a sample without a timestamp";
      return Kind.BROKEN;
    }
    return Kind.SAMPLE;
  }

  /// The current line, counted from 1 for the first since {@link #reset}.
  public int line() {
    return parser.line();
  }

  /// Where it begins.
  public int from() {
    return parser.lineFrom();
  }

  /// Where the line after it begins, or the length if there is none.
  public int to(int length) {
    return Math.min(length, parser.nextLineFrom());
  }

  /// Of a sample.
  public long timestampMillis() {
    return parser.timestampMillis();
  }

  /// Whether a sample has one, sound or not.
  public boolean hasExemplar() {
    return parser.hasExemplar();
  }

  /// What is wrong with a broken line: `line L, …`.
  public String problem() {
    return problem;
  }
}
