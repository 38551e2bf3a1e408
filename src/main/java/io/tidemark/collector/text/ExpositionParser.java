package io.tidemark.collector.text;

import io.tidemark.collector.admit.LabelAssembler;
import io.tidemark.collector.admit.Rule;
import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/// Walks the lines of a text exposition.
///
/// {@link #next} reads one line and says what it was; the accessors then tell its parts as places in the bytes. The labels of a
/// series are only delimited; a caller that does not know the series yet asks {@link #labels} for them. As in Prometheus an unknown
/// escape in a quoted text stands for itself. One thread.
public final class ExpositionParser {
  /// What a line was.
  public enum Event {
    /// A sample.
    SAMPLE,
    /// A `# HELP`, `# TYPE` or `# UNIT` line.
    METADATA,
    /// `# EOF` of OpenMetrics.
    EOF,
    /// A line that cannot be read; the next call goes on with the line after it.
    BROKEN,
    /// No further line.
    DONE
  }

  /// The kinds of metadata line.
  public enum Kind { HELP, TYPE, UNIT }

  /// Longest line, in bytes.
  public static final int LINE_BYTES_MAX = 1 << 20;
  private static final byte[] METRIC_NAME = LabelSet.NAME.getBytes(StandardCharsets.US_ASCII);
  private static final Set<String> TYPES_PROMETHEUS = Set.of("counter", "gauge", "histogram", "summary", "untyped");
  private static final Set<String> TYPES_OPENMETRICS =
      Set.of("counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown");
  /// Seconds beyond which milliseconds leave 64 bits.
  private static final double SECONDS_MAX = 9.2e15;

  private final Numbers numbers = new Numbers();
  private byte[] bytes = new byte[0];
  private int end;
  private int lineFrom;
  private int nextLineFrom;
  private int lineTo;
  private int line;
  private Dialect dialect = Dialect.PROMETHEUS;

  private int seriesFrom;
  private int seriesTo;
  private double value;
  private boolean hasTimestamp;
  private long timestampMillis;
  private boolean hasExemplar;
  private int exemplarFrom;
  private double exemplarValue;
  private boolean hasExemplarTimestamp;
  private long exemplarTimestampMillis;
  private Kind kind = Kind.HELP;
  private String metadataName = "";
  private String metadataText = "";
  private String problem = "";
  private int problemAt;

  /// Starts with `source` up to `length`; the bytes must not change until the last line was read.
  public void reset(byte[] source, int length, Dialect textDialect) {
    bytes = source;
    end = length;
    nextLineFrom = 0;
    line = 0;
    dialect = textDialect;
  }

  /// Reads the next line that says something.
  public Event next() {
    while (nextLineFrom < end) {
      boolean nul = delimitLine();
      if (nul && !(dialect == Dialect.OPENMETRICS && areNulsQuoted())) {
        return broken(problemAt, "a NUL byte");
      }
      if (lineTo - lineFrom > LINE_BYTES_MAX) {
        return broken(lineFrom, "a line of " + (lineTo - lineFrom) + " bytes, at most " + LINE_BYTES_MAX + " are allowed");
      }
      int at = skipBlanks(lineFrom);
      if (at == lineTo) {
        continue;
      }
      if (bytes[at] != '#') {
        return sample(at);
      }
      Event event = comment(at);
      if (event != Event.DONE) {
        return event;
      }
    }
    return Event.DONE;
  }

  /// Finds the end of the line; true when a NUL is in it, whose place is then `problemAt`.
  private boolean delimitLine() {
    lineFrom = nextLineFrom;
    line++;
    int at = lineFrom;
    boolean nul = false;
    while (at < end && bytes[at] != '\n') {
      if (bytes[at] == 0 && !nul) {
        nul = true;
        problemAt = at;
      }
      at++;
    }
    nextLineFrom = at + 1;
    lineTo = at > lineFrom && bytes[at - 1] == '\r' ? at - 1 : at;
    return nul;
  }

  /// Whether the line is a sample whose NULs are all inside quotes, as label values may have them: Prometheus takes those too.
  private boolean areNulsQuoted() {
    int from = skipBlanks(lineFrom);
    if (bytes[from] == '#') {
      return false;
    }
    boolean quoted = false;
    for (int at = from; at < lineTo; at++) {
      byte b = bytes[at];
      if (b == '"') {
        quoted = !quoted;
      } else if (b == '\\' && quoted) {
        at++;
      } else if (b == 0 && !quoted) {
        problemAt = at;
        return false;
      }
    }
    return true;
  }

  private Event sample(int from) {
    hasExemplar = false;
    seriesFrom = from;
    int at = nameEnd(from);
    int braceAt = skipBlanks(at);
    if (braceAt < lineTo && bytes[braceAt] == '{') {
      at = bracesEnd(braceAt);
      if (at < 0) {
        return broken(braceAt, "the label list that begins here is not closed on this line");
      }
    } else if (at == from) {
      return broken(at, "expected a metric name, found " + found(at));
    }
    seriesTo = at;
    int valueFrom = skipBlanks(at);
    if (valueFrom == lineTo) {
      return broken(valueFrom, "expected a value after the series");
    }
    if (valueFrom == at && bytes[at - 1] != '}') {
      return broken(at, "expected a space before the value, found " + found(at));
    }
    int valueTo = tokenEnd(valueFrom);
    value = numbers.decimal(bytes, valueFrom, valueTo);
    if (!numbers.isValid()) {
      return broken(valueFrom, "expected a number as value, found \"" + shown(valueFrom, valueTo) + "\"");
    }
    return afterValue(skipBlanks(valueTo));
  }

  private Event afterValue(int from) {
    hasTimestamp = false;
    int at = from;
    if (at < lineTo && bytes[at] != '#') {
      int to = tokenEnd(at);
      timestampMillis = dialect == Dialect.OPENMETRICS ? secondsToMillis(at, to) : numbers.whole(bytes, at, to);
      if (!numbers.isValid()) {
        return broken(at, "expected a timestamp in " + (dialect == Dialect.OPENMETRICS ? "seconds" : "milliseconds") + ", found \""
            + shown(at, to) + "\"");
      }
      hasTimestamp = true;
      at = skipBlanks(to);
    }
    if (at < lineTo && bytes[at] == '#' && dialect == Dialect.OPENMETRICS) {
      hasExemplar = true;
      exemplarFrom = at + 1;
      at = lineTo;
    }
    return at == lineTo ? Event.SAMPLE : broken(at, "expected the end of the line, found " + found(at));
  }

  private long secondsToMillis(int from, int to) {
    double seconds = numbers.decimal(bytes, from, to);
    if (numbers.isValid() && !(Math.abs(seconds) < SECONDS_MAX)) {
      // A number, but no time: let the bounds of timestamps refuse it by name.
      return seconds < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return (long) (seconds * 1000);
  }

  /// A line that begins with `#`; DONE when it is a plain comment.
  private Event comment(int from) {
    int at = skipBlanks(from + 1);
    int to = tokenEnd(at);
    String word = to - at > 4 ? "" : shown(at, to);
    switch (word) {
      case "HELP" -> kind = Kind.HELP;
      case "TYPE" -> kind = Kind.TYPE;
      case "UNIT" -> kind = Kind.UNIT;
      case "EOF" -> {
        return dialect == Dialect.OPENMETRICS && to == lineTo ? Event.EOF : Event.DONE;
      }
      default -> {
        return Event.DONE;
      }
    }
    if (kind == Kind.UNIT && dialect == Dialect.PROMETHEUS) {
      return Event.DONE;
    }
    int nameFrom = skipBlanks(to);
    int nameTo = nameFrom < lineTo && bytes[nameFrom] == '"' ? quotedEnd(nameFrom) : tokenEnd(nameFrom);
    if (nameTo <= nameFrom) {
      return broken(nameFrom, "expected a metric name after # " + word);
    }
    metadataName = bytes[nameFrom] == '"' ? unescape(nameFrom + 1, nameTo - 1)
        : new String(bytes, nameFrom, nameTo - nameFrom, StandardCharsets.UTF_8);
    int textFrom = skipBlanks(nameTo);
    metadataText = unescape(textFrom, lineTo);
    if (kind == Kind.TYPE) {
      metadataText = metadataText.strip();
      Set<String> types = dialect == Dialect.OPENMETRICS ? TYPES_OPENMETRICS : TYPES_PROMETHEUS;
      if (!types.contains(metadataText)) {
        return broken(textFrom, "unknown metric type \"" + metadataText + "\"");
      }
      metadataText = metadataText.equals("untyped") ? "unknown" : metadataText;
    }
    return Event.METADATA;
  }

  /// Reads name and labels of the current series into `labels`; what is wrong breaks `labels`.
  public void labels(LabelAssembler labels) {
    int at = nameEnd(seriesFrom);
    if (at > seriesFrom) {
      if (!isName(seriesFrom, at, true)) {
        labels.fail(Rule.SYNTAX, at(seriesFrom) + "\"" + shown(seriesFrom, at) + "\" is no metric name; quote it inside the braces");
        return;
      }
      labels.add(METRIC_NAME, 0, METRIC_NAME.length, bytes, seriesFrom, at);
    }
    at = skipBlanks(at);
    if (at < seriesTo) {
      list(labels, at + 1);
    }
  }

  /// Reads the exemplar of the current sample, when it has one: its labels into `labels`, which what is wrong breaks, its value and time.
  public void exemplar(LabelAssembler labels) {
    hasExemplarTimestamp = false;
    int at = skipBlanks(exemplarFrom);
    int to = at < lineTo && bytes[at] == '{' ? bracesEnd(at) : -1;
    if (to < 0) {
      labels.fail(Rule.SYNTAX, at(at) + "expected the labels of an exemplar in braces, found " + found(at));
      return;
    }
    list(labels, at + 1);
    at = skipBlanks(to);
    to = tokenEnd(at);
    exemplarValue = numbers.decimal(bytes, at, to);
    if (!numbers.isValid()) {
      labels.fail(Rule.SYNTAX, at(at) + "expected the value of an exemplar, found " + found(at));
      return;
    }
    at = skipBlanks(to);
    if (at < lineTo) {
      exemplarTimestampMillis = secondsToMillis(at, tokenEnd(at));
      hasExemplarTimestamp = true;
      if (!numbers.isValid()) {
        labels.fail(Rule.SYNTAX, at(at) + "expected the time of an exemplar in seconds, found " + found(at));
      }
    }
  }

  /// Reads the items from `from` on up to the closing brace.
  private void list(LabelAssembler labels, int from) {
    int at = from;
    while (true) {
      at = skipBlanks(at);
      if (bytes[at] == '}') {
        return;
      }
      at = label(labels, at);
      if (at < 0) {
        return;
      }
      at = skipBlanks(at);
      if (bytes[at] == ',') {
        at++;
      } else if (bytes[at] != '}') {
        labels.fail(Rule.SYNTAX, at(at) + "expected a comma or a closing brace, found " + found(at));
        return;
      }
    }
  }

  /// One item of the braces: `name="value"`, `"name"="value"` or the quoted metric name alone. The place after it, or -1.
  private int label(LabelAssembler labels, int from) {
    boolean quoted = bytes[from] == '"';
    int nameTo = quoted ? quotedEnd(from) : labelNameEnd(from);
    if (!quoted && !isName(from, nameTo, false)) {
      labels.fail(Rule.SYNTAX, at(from) + "expected a label name, found " + found(from));
      return -1;
    }
    int at = skipBlanks(nameTo);
    if (quoted && (bytes[at] == ',' || bytes[at] == '}')) {
      addLabel(labels, METRIC_NAME, 0, METRIC_NAME.length, from + 1, nameTo - 1);
      return at;
    }
    if (bytes[at] != '=') {
      labels.fail(Rule.SYNTAX, at(at) + "expected = after the label name \"" + shown(from, nameTo) + "\", found " + found(at));
      return -1;
    }
    int valueFrom = skipBlanks(at + 1);
    if (bytes[valueFrom] != '"') {
      labels.fail(Rule.SYNTAX, at(valueFrom) + "expected a quoted label value, found " + found(valueFrom));
      return -1;
    }
    int valueTo = quotedEnd(valueFrom);
    if (quoted) {
      byte[] name = unescaped(from + 1, nameTo - 1);
      addLabel(labels, name, 0, name.length, valueFrom + 1, valueTo - 1);
    } else {
      addLabel(labels, bytes, from, nameTo, valueFrom + 1, valueTo - 1);
    }
    return valueTo;
  }

  private void addLabel(LabelAssembler labels, byte[] name, int nameFrom, int nameTo, int valueFrom, int valueTo) {
    for (int i = valueFrom; i < valueTo; i++) {
      if (bytes[i] == '\\') {
        byte[] unescaped = unescaped(valueFrom, valueTo);
        labels.add(name, nameFrom, nameTo, unescaped, 0, unescaped.length);
        return;
      }
    }
    labels.add(name, nameFrom, nameTo, bytes, valueFrom, valueTo);
  }

  private String unescape(int from, int to) {
    return new String(unescaped(from, to), StandardCharsets.UTF_8);
  }

  private byte[] unescaped(int from, int to) {
    var out = new byte[to - from];
    int length = 0;
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      if (b == '\\' && i + 1 < to) {
        byte escaped = bytes[i + 1];
        if (escaped == 'n' || escaped == '"' || escaped == '\\') {
          b = escaped == 'n' ? (byte) '\n' : escaped;
          i++;
        }
      }
      out[length++] = b;
    }
    return Arrays.copyOf(out, length);
  }

  /// Where the unquoted text of a metric name ends: at a blank or an opening brace.
  private int nameEnd(int from) {
    int at = from;
    while (at < lineTo && bytes[at] != '{' && bytes[at] != ' ' && bytes[at] != '\t') {
      at++;
    }
    return at;
  }

  private int labelNameEnd(int from) {
    int at = from;
    while (at < lineTo && bytes[at] != '=' && bytes[at] != ' ' && bytes[at] != '\t' && bytes[at] != ',' && bytes[at] != '}') {
      at++;
    }
    return at;
  }

  /// The place after the brace that closes the one at `from`, or -1. Braces inside quotes do not count.
  private int bracesEnd(int from) {
    boolean quoted = false;
    for (int at = from + 1; at < lineTo; at++) {
      byte b = bytes[at];
      if (b == '"') {
        quoted = !quoted;
      } else if (b == '\\' && quoted) {
        at++;
      } else if (b == '}' && !quoted) {
        return at + 1;
      }
    }
    return -1;
  }

  /// The place after the quote that closes the one at `from`, or -1.
  private int quotedEnd(int from) {
    for (int at = from + 1; at < lineTo; at++) {
      if (bytes[at] == '\\') {
        at++;
      } else if (bytes[at] == '"') {
        return at + 1;
      }
    }
    return -1;
  }

  private int tokenEnd(int from) {
    int at = from;
    while (at < lineTo && bytes[at] != ' ' && bytes[at] != '\t') {
      at++;
    }
    return at;
  }

  private int skipBlanks(int from) {
    int at = from;
    while (at < lineTo && (bytes[at] == ' ' || bytes[at] == '\t')) {
      at++;
    }
    return at;
  }

  private boolean isName(int from, int to, boolean metric) {
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      boolean letter = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || metric && b == ':';
      if (!letter && (i == from || b < '0' || b > '9')) {
        return false;
      }
    }
    return to > from;
  }

  /// The beginning of a text, for messages.
  private String shown(int from, int to) {
    return new String(bytes, from, Math.min(to - from, 100), StandardCharsets.UTF_8);
  }

  private String found(int at) {
    return at >= lineTo ? "the end of the line" : "\"" + shown(at, Math.min(lineTo, at + 20)) + "\"";
  }

  /// `line L, column C: ` of a byte of the current line, both counted from 1.
  private String at(int at) {
    return "line " + line + ", column " + (at - lineFrom + 1) + ": ";
  }

  private Event broken(int at, String what) {
    problem = at(at) + what;
    return Event.BROKEN;
  }

  /// Where the current line begins.
  public int lineFrom() {
    return lineFrom;
  }

  /// Where the line after it begins; past the end after the last.
  public int nextLineFrom() {
    return nextLineFrom;
  }

  /// Where the text of the current series begins.
  public int seriesFrom() {
    return seriesFrom;
  }

  /// Where it ends, exclusive.
  public int seriesTo() {
    return seriesTo;
  }

  /// The series as written.
  public String seriesText() {
    return new String(bytes, seriesFrom, Math.min(200, seriesTo - seriesFrom), StandardCharsets.UTF_8);
  }

  public double value() {
    return value;
  }

  public boolean hasTimestamp() {
    return hasTimestamp;
  }

  public long timestampMillis() {
    return timestampMillis;
  }

  public boolean hasExemplar() {
    return hasExemplar;
  }

  /// After {@link #exemplar}.
  public double exemplarValue() {
    return exemplarValue;
  }

  /// After {@link #exemplar}: its time, or `otherwise` when it tells none.
  public long exemplarTimestampMillis(long otherwise) {
    return hasExemplarTimestamp ? exemplarTimestampMillis : otherwise;
  }

  public Kind kind() {
    return kind;
  }

  public String metadataName() {
    return metadataName;
  }

  public String metadataText() {
    return metadataText;
  }

  /// What is wrong with the current line, after BROKEN: `line L, column C: what`.
  public String problem() {
    return problem;
  }

  /// The current line, counted from 1.
  public int line() {
    return line;
  }
}
