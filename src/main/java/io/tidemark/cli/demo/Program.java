package io.tidemark.cli.demo;

import java.util.List;

/// A process to start.
///
/// @param name      unique among the demo's; also of its log file
/// @param tier      processes of a higher tier need those of lower ones: they are stopped first
/// @param heapMb    limit of its Java heap
/// @param arguments for {@link Tether}: the program's name, then its own
/// @param ready     how the line starts that it prints when it is ready; the rest of the line says where it is
record Program(String name, int tier, int heapMb, List<String> arguments, String ready) {
  /// Allowed for what a Java process takes besides its heap: classes, code, threads, buffers. An estimate; heaps are rarely full.
  private static final int BESIDES_HEAP_MB = 140;

  Program {
    arguments = List.copyOf(arguments);
  }

  /// What it may take at most.
  int memoryMb() {
    return heapMb + BESIDES_HEAP_MB;
  }
}
