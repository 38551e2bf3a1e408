package io.tidemark.objects;

import java.util.List;

/// Part of a list.
///
/// @param objects ascending by key; may be empty although there is a next page
/// @param next    what to give as `after` for the next page; empty at the end
public record ObjectPage(List<StoredObject> objects, String next) {
  public ObjectPage {
    objects = List.copyOf(objects);
  }
}
