package io.tidemark.collector.statsd;

import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.HashIndex;
import io.tidemark.collector.admit.LabelAssembler;
import io.tidemark.collector.admit.Rule;
import io.tidemark.collector.admit.SampleLimits;
import io.tidemark.collector.admit.Tally;
import io.tidemark.collector.text.Numbers;
import io.tidemark.log.SeriesHash;
import io.tidemark.model.LabelSet;
import io.tidemark.time.Entropy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Parses datagrams into meters and writes the meters at each flush.
///
/// ```
/// name:value[:value…]|kind[|@rate][|#tag:value,tag:value…]      kind c, g, ms, h, d or s; lines end with \n
/// ```
///
/// As in statsd_exporter a count is a counter that only grows, `ms` is told in seconds, `h` and `d` as they are. Owned by one loop.
public final class Aggregator {
  private static final byte[] METRIC_NAME = LabelSet.NAME.getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  private static final int NONE = -1;

  private final StatsdConfig config;
  private final SeriesHash hash;
  private final long outputKey;
  private final LabelAssembler assembler;
  private final Numbers numbers = new Numbers();
  private Tally tally = new Tally();

  /// Hash of name, tags and kind as received → meter.
  private final HashIndex index = new HashIndex();
  private int[] meterOf = new int[64];
  private final List<Held> meters = new ArrayList<>();
  private final Map<LabelSet, Integer> byLabels = new HashMap<>();
  /// Series → the timer or histogram that writes it; other meters write the series of their labels.
  private final Map<LabelSet, Meter> byOutput = new HashMap<>();
  private int timers;
  private long nextId;

  // The parts of the current line.
  private int nameTo;
  private int valuesTo;
  private int tagsFrom;
  private int tagsTo;
  private double rate;
  private double value;
  private Meter.Kind kind = Meter.Kind.COUNT;

  /// A meter, the number under which the log knows its series, and when it was last fed.
  private static final class Held {
    final Meter meter;
    final long id;
    long fedMillis;

    Held(Meter meter, long id) {
      this.meter = meter;
      this.id = id;
    }
  }

  public Aggregator(StatsdConfig config, SampleLimits limits, Entropy entropy) {
    this.config = config;
    hash = new SeriesHash(entropy);
    outputKey = entropy.nextLong();
    assembler = new LabelAssembler(limits);
  }

  /// How many meters there are. Safe on any thread as an estimate.
  public int meters() {
    return meters.size();
  }

  /// Takes what was counted about lines since the last call.
  public Tally takeTally() {
    Tally taken = tally;
    tally = new Tally();
    return taken;
  }

  /// Takes the lines of one datagram. Never throws; bad lines are counted.
  public void receive(byte[] packet, int length, long nowMillis) {
    int from = 0;
    while (from < length) {
      int to = from;
      while (to < length && packet[to] != '\n') {
        to++;
      }
      int lineTo = to > from && packet[to - 1] == '\r' ? to - 1 : to;
      if (lineTo > from) {
        line(packet, from, lineTo, nowMillis);
      }
      from = to + 1;
    }
  }

  private void line(byte[] packet, int from, int to, long nowMillis) {
    if (!split(packet, from, to)) {
      reject(Rule.SYNTAX, packet, from, to, "expected name:value|kind with a known kind and a rate above 0 up to 1");
      return;
    }
    int meter = NONE;
    int at = nameTo + 1;
    while (at <= valuesTo) {
      int valueTo = at;
      while (valueTo < valuesTo && packet[valueTo] != ':') {
        valueTo++;
      }
      if (readValue(packet, at, valueTo)) {
        // Not before: a meter writes at each flush, so one that was fed nothing would tell a value that nobody sent.
        meter = meter == NONE ? meter(packet, from, to) : meter;
        if (meter == NONE) {
          return;
        }
        meters.get(meter).fedMillis = nowMillis;
        feed(meters.get(meter).meter, packet, from, to, at, valueTo);
      } else {
        reject(Rule.VALUE, packet, from, to, "expected a finite number, 0 or more unless for a gauge, or a text for a set");
      }
      at = valueTo + 1;
    }
  }

  private void reject(Rule rule, byte[] packet, int from, int to, String why) {
    if (tally.reject(rule, 1)) {
      tally.example(rule, "\"" + new String(packet, from, Math.min(100, to - from), StandardCharsets.UTF_8) + "\": " + why);
    }
  }

  /// Finds the parts of a line; false when it has no such form.
  private boolean split(byte[] packet, int from, int to) {
    int colon = indexOf(packet, from, to, ':');
    int bar = colon == NONE ? NONE : indexOf(packet, colon, to, '|');
    if (colon == NONE || colon == from || bar == NONE) {
      return false;
    }
    nameTo = colon;
    valuesTo = bar;
    rate = 1;
    tagsFrom = to;
    tagsTo = to;
    int kindTo = orEnd(indexOf(packet, bar + 1, to, '|'), to);
    if (!readKind(packet, bar + 1, kindTo)) {
      return false;
    }
    int at = kindTo + 1;
    while (at < to) {
      int partTo = orEnd(indexOf(packet, at, to, '|'), to);
      if (packet[at] == '@') {
        rate = numbers.decimal(packet, at + 1, partTo);
        if (!numbers.isValid() || !(rate > 0 && rate <= 1)) {
          return false;
        }
      } else if (packet[at] == '#') {
        tagsFrom = at + 1;
        tagsTo = partTo;
      }
      // Other parts (container, timestamp) are read over, as extensions of DogStatsD.
      at = partTo + 1;
    }
    return true;
  }

  private boolean readKind(byte[] packet, int from, int to) {
    int length = to - from;
    if (length == 2 && packet[from] == 'm' && packet[from + 1] == 's') {
      kind = Meter.Kind.TIMER;
      return true;
    }
    if (length != 1) {
      return false;
    }
    switch (packet[from]) {
      case 'c' -> kind = Meter.Kind.COUNT;
      case 'g' -> kind = Meter.Kind.GAUGE;
      case 'h', 'd' -> kind = Meter.Kind.DISTRIBUTION;
      case 's' -> kind = Meter.Kind.SET;
      default -> {
        return false;
      }
    }
    return true;
  }

  private static int indexOf(byte[] packet, int from, int to, char sought) {
    for (int i = from; i < to; i++) {
      if (packet[i] == sought) {
        return i;
      }
    }
    return NONE;
  }

  private static int orEnd(int index, int end) {
    return index == NONE ? end : index;
  }

  private int meter(byte[] packet, int from, int to) {
    // Mixed so that name and tags cannot be exchanged for each other.
    long high = hash.high(packet, from, nameTo) * 31 + Long.rotateLeft(hash.high(packet, tagsFrom, tagsTo), 17) + kind.ordinal();
    long low = hash.low(packet, from, nameTo) * 31 + Long.rotateLeft(hash.low(packet, tagsFrom, tagsTo), 17) + kind.ordinal();
    int entry = index.find(high, low);
    if (entry >= 0) {
      return meterOf[entry];
    }
    int meter = define(packet, from, to);
    if (meter != NONE) {
      // Tags in many orders give one meter many hashes; beyond a bound they are learnt anew.
      if (index.count() >= 2L * config.metersMax()) {
        index.clear();
      }
      entry = index.add(high, low);
      if (entry == meterOf.length) {
        meterOf = Arrays.copyOf(meterOf, entry * 2);
      }
      meterOf[entry] = meter;
    }
    return meter;
  }

  private int define(byte[] packet, int from, int to) {
    assembler.reset();
    byte[] name = cleaned(packet, from, nameTo, true);
    assembler.add(METRIC_NAME, 0, METRIC_NAME.length, name, 0, name.length);
    int at = tagsFrom;
    while (at < tagsTo) {
      int tagTo = orEnd(indexOf(packet, at, tagsTo, ','), tagsTo);
      int colon = indexOf(packet, at, tagTo, ':');
      byte[] label = cleaned(packet, at, colon == NONE ? tagTo : colon, false);
      if (colon == NONE) {
        assembler.add(label, 0, label.length, TRUE, 0, TRUE.length);
      } else {
        assembler.add(label, 0, label.length, packet, colon + 1, tagTo);
      }
      at = tagTo + 1;
    }
    if (!assembler.isComplete()) {
      reject(assembler.rule(), packet, from, to, assembler.problem());
      return NONE;
    }
    LabelSet labels = assembler.labels();
    Integer known = byLabels.get(labels);
    if (known != null) {
      if (meters.get(known).meter.kind() == kind) {
        return known;
      }
      reject(Rule.SYNTAX, packet, from, to, "is a " + meters.get(known).meter.kind() + " already, so it cannot be a " + kind);
      return NONE;
    }
    return create(labels, packet, from, to);
  }

  private int create(LabelSet labels, byte[] packet, int from, int to) {
    boolean large = kind != Meter.Kind.COUNT && kind != Meter.Kind.GAUGE;
    if (meters.size() >= config.metersMax() || large && timers >= config.timersMax()) {
      reject(Rule.SERIES_TOO_MANY, packet, from, to, "more than " + config.metersMax() + " meters (statsd.meters) or "
          + config.timersMax() + " timers, histograms and sets (statsd.timers)");
      return NONE;
    }
    boolean isTimer = kind == Meter.Kind.TIMER || kind == Meter.Kind.DISTRIBUTION;
    List<LabelSet> outputs = isTimer ? TimerMeter.outputs(labels) : List.of(labels);
    for (LabelSet output : outputs) {
      Optional<Meter> writer = writer(output);
      if (writer.isPresent()) {
        reject(Rule.SYNTAX, packet, from, to, "would write " + output + ", which " + writer.get().labels() + ", a " + writer.get().kind()
            + ", writes already");
        return NONE;
      }
    }
    Meter meter = switch (kind) {
      case COUNT -> new CountMeter(labels);
      case GAUGE -> new GaugeMeter(labels);
      case TIMER, DISTRIBUTION -> new TimerMeter(labels, kind, outputs);
      case SET -> new SetMeter(labels);
    };
    meters.add(new Held(meter, nextId++));
    register(meters.size() - 1);
    return meters.size() - 1;
  }

  /// The meter that writes a series; two would overwrite each other's samples.
  private Optional<Meter> writer(LabelSet series) {
    Integer known = byLabels.get(series);
    if (known != null && !(meters.get(known).meter instanceof TimerMeter)) {
      return Optional.of(meters.get(known).meter);
    }
    return Optional.ofNullable(byOutput.get(series));
  }

  private void register(int index) {
    Meter meter = meters.get(index).meter;
    byLabels.put(meter.labels(), index);
    if (meter instanceof TimerMeter timer) {
      timer.outputs().forEach(series -> byOutput.put(series, timer));
    }
    timers += meter.kind() != Meter.Kind.COUNT && meter.kind() != Meter.Kind.GAUGE ? 1 : 0;
  }

  /// The bytes of a name as they are kept: unchanged, or with an underscore for every sign that is none of Prometheus' classic ones.
  private byte[] cleaned(byte[] packet, int from, int to, boolean metric) {
    byte[] name = Arrays.copyOfRange(packet, from, to);
    if (config.keepNames()) {
      return name;
    }
    for (int i = 0; i < name.length; i++) {
      byte b = name[i];
      boolean letter = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || metric && b == ':';
      if (!letter && (b < '0' || b > '9')) {
        name[i] = '_';
      }
    }
    if (name.length > 0 && name[0] >= '0' && name[0] <= '9') {
      byte[] prefixed = new byte[name.length + 1];
      prefixed[0] = '_';
      System.arraycopy(name, 0, prefixed, 1, name.length);
      return prefixed;
    }
    return name;
  }

  /// Reads {@link #value}, which a set has none of; false when the kind of the line does not take it.
  private boolean readValue(byte[] packet, int from, int to) {
    if (kind == Meter.Kind.SET) {
      return to > from;
    }
    value = numbers.decimal(packet, from, to);
    return numbers.isValid() && Double.isFinite(value) && (kind == Meter.Kind.GAUGE || value >= 0);
  }

  private void feed(Meter meter, byte[] packet, int lineFrom, int lineTo, int from, int to) {
    switch (meter) {
      case CountMeter count -> count.add(value / rate);
      case GaugeMeter gauge -> {
        if (packet[from] == '+' || packet[from] == '-') {
          gauge.step(value);
        } else {
          gauge.set(value);
        }
      }
      case TimerMeter timer -> timer.add(timer.kind() == Meter.Kind.TIMER ? value / 1000 : value, 1 / rate);
      case SetMeter set -> {
        if (!set.add(hash.low(packet, from, to))) {
          reject(Rule.VALUE, packet, lineFrom, lineTo, "more than " + SetMeter.VALUES_MAX + " distinct values of a set");
          return;
        }
      }
    }
    tally.accept(1);
  }

  /// Writes all meters through `admission`, which the caller has begun, and ends those that were idle for too long.
  public void flush(Admission admission) {
    long now = admission.nowMillis();
    boolean expired = false;
    for (Held held : meters) {
      Meter.Output output = (series, labels, value) -> write(admission, held.id, series, labels, value);
      if (now - held.fedMillis >= config.expireMillis()) {
        held.meter.end(output);
        expired = true;
      } else {
        held.meter.flush(output);
      }
    }
    if (expired) {
      removeExpired(now);
    }
  }

  private void write(Admission admission, long id, int series, LabelSet labels, double value) {
    long key = id << 4 | series;
    int handle = admission.find(outputKey, key);
    if (handle == Admission.UNKNOWN) {
      handle = admission.define(outputKey, key, labels, 1);
    }
    if (handle >= 0) {
      admission.add(handle, admission.nowMillis(), value);
      admission.boundary();
    }
  }

  private void removeExpired(long now) {
    meters.removeIf(held -> now - held.fedMillis >= config.expireMillis());
    index.clear();
    byLabels.clear();
    byOutput.clear();
    timers = 0;
    for (int i = 0; i < meters.size(); i++) {
      register(i);
    }
  }
}
