package io.tidemark.notify;

import io.tidemark.model.LabelSet;
import java.util.List;

/// An alert group as people look at it.
///
/// @param mutedBy names of the time intervals that keep it quiet now
public record GroupView(String key, String routeId, String receiver, LabelSet labels, List<AlertView> alerts, List<String> mutedBy) {}
