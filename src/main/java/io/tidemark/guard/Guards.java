package io.tidemark.guard;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The guards of one process, for those who show them. Safe on any thread.
///
/// Whoever makes a guard enters it here and takes it out when the system is none of its business any more, such as a peer that left; so
/// there are never more entries than systems in use.
public final class Guards {
  /// A guard with what people know its system by.
  ///
  /// @param concern what this process uses the system for: `log`, `state`, `catalog`, `objects`, `peer`
  /// @param kind    what it is, e.g. `kafka`
  /// @param address hosts and ports or an endpoint; user and password have no place in it
  public record Guarded(String concern, String kind, String address, Guard.Status status) {}

  private record Place(String concern, String kind, String address) {}

  private static final Comparator<Guarded> ORDER = Comparator.comparing(Guarded::concern).thenComparing(entry -> entry.status().system())
      .thenComparing(Guarded::address);

  private final Map<Guard, Place> places = new ConcurrentHashMap<>();

  /// Enters `guard`, or says anew where its system is. The parameters are those of {@link Guarded}.
  public void add(String concern, String kind, String address, Guard guard) {
    places.put(guard, new Place(concern, kind, address));
  }

  public void remove(Guard guard) {
    places.remove(guard);
  }

  /// How all stand now, by concern, then name, then address.
  public List<Guarded> list() {
    return places.entrySet().stream().map(entry -> new Guarded(entry.getValue().concern, entry.getValue().kind, entry.getValue().address,
        entry.getKey().status())).sorted(ORDER).toList();
  }
}
