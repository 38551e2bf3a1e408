package io.tidemark.notify;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Sorts alerts into groups, one for each route that takes them and each set of group labels. Belongs to one loop.
final class Dispatcher {
  private record GroupId(String routeId, LabelSet labels) {}

  private final NotifyConfig config;
  private final Pipeline pipeline;
  private final Duty duty;
  private final Loop loop;
  private final Clock clock;
  private final int groupsMax;
  private final Map<GroupId, AlertGroup> groups = new LinkedHashMap<>();

  Dispatcher(NotifyConfig config, Pipeline pipeline, Duty duty, Loop loop, Clock clock, int groupsMax) {
    this.config = config;
    this.pipeline = pipeline;
    this.duty = duty;
    this.loop = loop;
    this.clock = clock;
    this.groupsMax = groupsMax;
  }

  /// Puts the alert into its groups; false when a group that it needs would be one too many. A group that has told everything counts
  /// as gone, so that the next alert starts one with its `group_wait`; what was told before is known by the notification log.
  boolean dispatch(Alert alert) {
    boolean all = true;
    for (Route route : config.root().match(alert.labels())) {
      var id = new GroupId(route.id(), route.groupLabels(alert.labels()));
      AlertGroup group = groups.get(id);
      if (group == null && groups.size() >= groupsMax) {
        all = false;
        continue;
      }
      if (group == null || group.isIdle()) {
        if (group != null) {
          group.stop();
        }
        group = new AlertGroup(route, id.labels(), pipeline, duty, loop, clock);
        groups.put(id, group);
      }
      group.insert(alert);
    }
    return all;
  }

  /// The names of the receivers that an alert with these labels goes to, in the order of the file, each once.
  List<String> receivers(LabelSet labels) {
    return config.root().match(labels).stream().map(Route::receiver).distinct().toList();
  }

  Collection<AlertGroup> groups() {
    return groups.values();
  }

  /// Makes up for the flushes that groups of a slot missed.
  void resume(int slot) {
    List.copyOf(groups.values()).stream().filter(group -> group.slot == slot).forEach(AlertGroup::resume);
  }

  /// Drops groups that have nothing left to tell.
  void sweep() {
    for (Iterator<AlertGroup> each = groups.values().iterator(); each.hasNext(); ) {
      AlertGroup group = each.next();
      if (group.isIdle()) {
        group.stop();
        each.remove();
      }
    }
  }

  void stop() {
    groups.values().forEach(AlertGroup::stop);
  }
}
