package io.tidemark.server;

import io.tidemark.config.Durations;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.notify.NotifiedAlert;
import io.tidemark.promql.PromQL;
import io.tidemark.rules.AlertState;
import io.tidemark.rules.GroupView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// One alerting rule driven to firing and back: the series that do it, and what must be seen, at which second.
///
/// In its file: `alert NAME` (or `never NAME` for a rule that cannot fire, with the reason as comment), `every DURATION` between
/// samples, a line a series (labels, then values as promqltest writes them: `5`, `5x3`, `0+2x3`, `9-1x3`, `_`, `_x3`, `stale`),
/// `run DURATION`, `expect`, and what is seen until the next empty line.
final class SeedScenario {
  private final String name;
  private final boolean isNever;
  private long everyMillis;
  private long runMillis;
  private final Map<LabelSet, List<Double>> series = new TreeMap<>();
  private final List<String> expected = new ArrayList<>();

  SeedScenario(String name, boolean isNever) {
    this.name = name;
    this.isNever = isNever;
  }

  String name() {
    return name;
  }

  boolean isNever() {
    return isNever;
  }

  List<String> expected() {
    return expected;
  }

  /// Takes one line of the part before `expect`.
  void add(String line) {
    String[] words = line.split(" ");
    switch (words[0]) {
      case "every" -> everyMillis = duration(words[1]);
      case "run" -> runMillis = duration(words[1]);
      default -> {
        int cut = line.lastIndexOf('}') < 0 ? line.indexOf(' ') : line.lastIndexOf('}') + 1;
        series.put(PromQL.parseLabels(line.substring(0, cut)), values(line.substring(cut).strip()));
      }
    }
  }

  private static long duration(String text) {
    return Durations.parse(text).orElseThrow(() -> new IllegalArgumentException("no duration: " + text));
  }

  /// NaN with the staleness marker's bits ends a series; any other NaN is no sample.
  private static List<Double> values(String notation) {
    var values = new ArrayList<Double>();
    for (String item : notation.split(" +")) {
      int times = item.indexOf('x');
      int repeats = times < 0 ? 0 : Integer.parseInt(item.substring(times + 1));
      String text = times < 0 ? item : item.substring(0, times);
      if (text.equals("_")) {
        for (int i = 0; i < Math.max(1, repeats); i++) {
          values.add(Double.NaN);
        }
      } else if (text.equals("stale")) {
        values.add(Stale.VALUE);
      } else {
        int sign = Math.max(text.indexOf('+', 1), text.indexOf('-', 1));
        double first = Double.parseDouble(sign < 0 ? text : text.substring(0, sign));
        double change = sign < 0 ? 0 : Double.parseDouble(text.substring(sign));
        for (int i = 0; i <= repeats; i++) {
          values.add(first + i * change);
        }
      }
    }
    return values;
  }

  /// Runs the timeline on a fresh engine and tells what was seen.
  List<String> run(NodeConfig config) {
    var machine = new SimulationMachine(1, config);
    machine.start();
    long origin = machine.clock.millis();
    var seen = new ArrayList<String>();
    var states = new TreeMap<LabelSet, AlertState>();
    int told = 0;
    for (long at = 0; at <= runMillis; at += 1_000) {
      machine.time.advance(origin + at - machine.clock.millis());
      if (at % everyMillis == 0) {
        push(machine, (int) (at / everyMillis));
      }
      String now = Durations.print(at) + " ";
      see(machine, states).forEach(change -> seen.add(now + change));
      List<SimulationReceiver.Delivery> deliveries = machine.receiver.deliveries();
      for (; told < deliveries.size(); told++) {
        seen.add(now + print(deliveries.get(told)));
      }
    }
    machine.stop();
    return seen;
  }

  private void push(SimulationMachine machine, int index) {
    long now = machine.clock.millis();
    series.forEach((labels, values) -> {
      if (index < values.size() && (!Double.isNaN(values.get(index)) || Stale.is(values.get(index)))) {
        machine.add(labels, now, values.get(index));
      }
    });
    machine.await(machine.flush());
  }

  /// The changes since `states`, which is brought up to date.
  private static List<String> see(SimulationMachine machine, TreeMap<LabelSet, AlertState> states) {
    var changes = new ArrayList<String>();
    var now = new TreeMap<LabelSet, AlertState>();
    machine.groups().stream().flatMap(group -> group.rules().stream()).map(GroupView.RuleView::alerts)
        .forEach(alerts -> alerts.forEach(alert -> now.put(alert.labels(), alert.state())));
    now.forEach((labels, state) -> {
      if (states.get(labels) != state) {
        changes.add(state.text() + " " + labels);
      }
    });
    states.forEach((labels, state) -> {
      if (!now.containsKey(labels)) {
        changes.add((state == AlertState.PENDING ? "no longer pending " : "resolved ") + labels);
      }
    });
    states.clear();
    states.putAll(now);
    return changes;
  }

  private static String print(SimulationReceiver.Delivery delivery) {
    var line = new StringBuilder("told " + delivery.notification().receiver() + " by " + delivery.integration());
    for (NotifiedAlert alert : delivery.notification().alerts()) {
      line.append(' ').append(alert.status()).append(' ').append(alert.labels()).append(": ")
          .append(alert.alert().annotations().value("summary"));
    }
    return line.toString();
  }
}
