package io.tidemark.disk;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// A disk in memory that forgets in a crash what a real one may forget, and fails on demand.
///
/// What is promised after {@link #crash}: the content of a file up to its last successful `sync`, and the names of a directory up to
/// its last `syncDirectory`. Everything later may be there, or not, or torn, in any order; each seed picks one outcome. A failed
/// `sync` leaves what it should have written in doubt for ever, also when a later one succeeds, as Linux does.
///
/// Calls may come from several threads.
public final class CrashingDisk implements Disk {
  /// Kinds of calls that change something, for {@link #fail}.
  public enum Kind { CREATE, OPEN, READ, WRITE, SYNC, TRUNCATE, RENAME, DELETE, SYNC_DIRECTORY }

  /// Thrown by the call in which the machine dies; everything after it on this disk throws it too, until {@link #crash}.
  public static final class Died extends Error {
    private static final long serialVersionUID = 1L;

    Died(long call) {
      super("the machine died in disk call " + call);
    }
  }

  private static final int SECTOR_BYTES = 512;

  private enum Fate { SYNCED, PENDING, IN_DOUBT }

  /// A write (content not null) or truncation (to `offset`).
  private static final class Change {
    final long offset;
    final byte[] content;
    Fate fate = Fate.PENDING;

    Change(long offset, byte[] content) {
      this.offset = offset;
      this.content = content;
    }
  }

  /// A file's content, without a name.
  private static final class Inode {
    byte[] durable = new byte[0];
    byte[] current = new byte[0];
    int length;
    final List<Change> changes = new ArrayList<>();

    void apply(Change change) {
      if (change.content == null) {
        setLength((int) change.offset);
        return;
      }
      int end = (int) change.offset + change.content.length;
      if (end > length) {
        setLength(end);
      }
      System.arraycopy(change.content, 0, current, (int) change.offset, change.content.length);
    }

    private void setLength(int to) {
      if (to > current.length) {
        current = Arrays.copyOf(current, Math.max(to, current.length * 2));
      }
      if (to < length) {
        Arrays.fill(current, to, length, (byte) 0);
      }
      length = to;
    }

    void synced() {
      changes.forEach(change -> change.fate = change.fate == Fate.PENDING ? Fate.SYNCED : change.fate);
      if (changes.stream().noneMatch(change -> change.fate == Fate.IN_DOUBT)) {
        durable = Arrays.copyOf(current, length);
        changes.clear();
      }
    }

    void syncFailed() {
      changes.forEach(change -> change.fate = change.fate == Fate.PENDING ? Fate.IN_DOUBT : change.fate);
    }

    /// What is left after a power cut.
    void crash(Random random) {
      var after = new Inode();
      after.current = durable.clone();
      after.length = durable.length;
      var kept = new ArrayList<Change>();
      for (Change change : changes) {
        switch (change.fate) {
          case SYNCED -> {
            kept.forEach(after::apply);
            kept.clear();
            after.apply(change);
          }
          case PENDING, IN_DOUBT -> {
            // Each write may be lost or torn, and overtake its unsynced neighbours.
            if (random.nextInt(3) > 0) {
              kept.add(random.nextInt(kept.size() + 1), torn(change, random));
            }
          }
        }
      }
      kept.forEach(after::apply);
      current = after.current;
      length = after.length;
      durable = Arrays.copyOf(current, length);
      changes.clear();
    }

    private static Change torn(Change change, Random random) {
      if (change.content == null || change.content.length == 0 || random.nextInt(3) > 0) {
        return change;
      }
      byte[] part = change.content.clone();
      switch (random.nextInt(3)) {
        // Cut anywhere.
        case 0 -> part = Arrays.copyOf(part, random.nextInt(part.length));
        // The length was written, the content of some sectors not.
        case 1 -> {
          for (int at = 0; at < part.length; at += SECTOR_BYTES) {
            if (random.nextBoolean()) {
              Arrays.fill(part, at, Math.min(part.length, at + SECTOR_BYTES), (byte) 0);
            }
          }
        }
        // As before, with what lay there earlier.
        default -> {
          int at = random.nextInt(part.length);
          for (int i = at; i < Math.min(part.length, at + SECTOR_BYTES); i++) {
            part[i] = (byte) random.nextInt();
          }
        }
      }
      return new Change(change.offset, part);
    }
  }

  /// A change of names, not yet durable: `to` is null for a deletion, `from` null for a creation.
  private record NameChange(Path from, Path to, Inode inode) {}

  /// Calls that are to fail.
  private static final class Fault {
    final Kind kind;
    final Predicate<Path> paths;
    final ErrorCode code;
    /// Matching calls to let through first.
    long skip;
    /// How many fail then.
    long times;

    Fault(Kind kind, Predicate<Path> paths, ErrorCode code, long skip, long times) {
      this.kind = kind;
      this.paths = paths;
      this.code = code;
      this.skip = skip;
      this.times = times;
    }
  }

  private final Random random;
  private Map<Path, Inode> names = new TreeMap<>();
  private Map<Path, Inode> durableNames = new TreeMap<>();
  private final TreeSet<Path> directories = new TreeSet<>();
  private final Map<Path, List<NameChange>> nameChanges = new HashMap<>();
  private final List<Fault> faults = new ArrayList<>();
  private long capacityBytes = Long.MAX_VALUE;
  private long calls;
  private long dieAtCall = Long.MAX_VALUE;
  private long failAtCall = Long.MAX_VALUE;
  private ErrorCode failure = ErrorCode.DISK_FAILED;
  private Optional<List<String>> trace = Optional.empty();
  private int life;
  private int openFiles;

  public CrashingDisk(long seed) {
    random = new Random(seed);
  }

  // ---- what tests do to it

  /// Cuts the power: unsynced content and names may go, torn or whole; open files are dead. Faults and {@link #dieAt} are taken back.
  public synchronized void crash(long seed) {
    // Multiplied, because the first numbers of neighbouring seeds are alike.
    var fate = new Random(seed * 0x9e3779b97f4a7c15L);
    names = new TreeMap<>(durableNames);
    // Names of one directory become durable in the order they were made.
    new TreeMap<>(nameChanges).forEach((_, changes) -> {
      int survive = fate.nextInt(changes.size() + 1);
      for (NameChange change : changes.subList(0, survive)) {
        applyName(names, change);
      }
    });
    nameChanges.clear();
    durableNames = new TreeMap<>(names);
    names.values().stream().distinct().forEach(inode -> inode.crash(fate));
    heal();
    dieAtCall = Long.MAX_VALUE;
    openFiles = 0;
    life++;
  }

  /// As the end of a process without a power cut: open files are dead, all that was written stays.
  public synchronized void kill() {
    heal();
    dieAtCall = Long.MAX_VALUE;
    openFiles = 0;
    life++;
  }

  /// Dies in the `n`-th changing call from now, 1 for the next. That call is done, half done or not done.
  public synchronized void dieAt(long n) {
    dieAtCall = calls + n;
  }

  /// Changing calls so far (create, write, sync, truncate, rename, delete, sync of a directory).
  public synchronized long calls() {
    return calls;
  }

  /// Lets calls of a kind on matching paths fail with `code` until {@link #heal}.
  public synchronized void fail(Kind kind, Predicate<Path> paths, ErrorCode code) {
    faults.add(new Fault(kind, paths, code, 0, Long.MAX_VALUE));
  }

  /// Lets the `n`-th call of a kind from now fail with `code`, 1 for the next, and only that.
  public synchronized void failNth(Kind kind, long n, ErrorCode code) {
    faults.add(new Fault(kind, _ -> true, code, n - 1, 1));
  }

  /// Lets the `n`-th changing call from now fail with `code`, 1 for the next, whatever its kind, and only that.
  public synchronized void failCall(long n, ErrorCode code) {
    failAtCall = calls + n;
    failure = code;
  }

  /// From now on notes each changing call as `KIND path` in the list that this gives.
  public synchronized List<String> trace() {
    var calls = new ArrayList<String>();
    trace = Optional.of(calls);
    return calls;
  }

  /// Takes all faults back.
  public synchronized void heal() {
    faults.clear();
    failAtCall = Long.MAX_VALUE;
  }

  /// Sets how many bytes fit; writes past it fail with `DISK_FULL`, possibly after a part.
  public synchronized void capacity(long bytes) {
    capacityBytes = bytes;
  }

  /// Changes bits of a stored byte, as bit rot does.
  public synchronized void flip(Path path, long offset, int mask) {
    Inode inode = inode(path);
    inode.current[(int) offset] ^= (byte) mask;
    inode.durable = Arrays.copyOf(inode.current, inode.length);
    inode.changes.clear();
  }

  /// The whole content of a file.
  public synchronized byte[] content(Path path) {
    Inode inode = inode(path);
    return Arrays.copyOf(inode.current, inode.length);
  }

  /// Puts a file there, durably.
  public synchronized void put(Path path, byte[] content) {
    var inode = new Inode();
    inode.current = content.clone();
    inode.length = content.length;
    inode.durable = content.clone();
    createDirectories(path.getParent());
    names.put(path, inode);
    durableNames.put(path, inode);
  }

  /// All files below `directory`, sorted.
  public synchronized List<Path> files(Path directory) {
    return names.keySet().stream().filter(path -> path.startsWith(directory)).toList();
  }

  /// Files opened and not closed; 0 after everything was shut down.
  public synchronized int openFiles() {
    return openFiles;
  }

  // ---- Disk

  @Override
  public synchronized DiskFile create(Path path) {
    before(Kind.CREATE, path);
    requireParent(path);
    if (names.containsKey(path) || directories.contains(path)) {
      throw new TidemarkException(ErrorCode.CONFLICT, "cannot create " + path + ": it exists");
    }
    var inode = new Inode();
    changeName(new NameChange(null, path, inode));
    return handle(path, inode, true);
  }

  @Override
  public synchronized DiskFile open(Path path) {
    before(Kind.OPEN, path);
    return handle(path, inode(path), true);
  }

  @Override
  public synchronized DiskFile openForRead(Path path) {
    before(Kind.OPEN, path);
    return handle(path, inode(path), false);
  }

  private DiskFile handle(Path path, Inode inode, boolean writable) {
    openFiles++;
    return new Handle(path, inode, writable, life);
  }

  @Override
  public synchronized boolean exists(Path path) {
    return names.containsKey(path) || directories.contains(path);
  }

  @Override
  public synchronized List<Path> list(Path directory) {
    var found = new TreeSet<Path>();
    names.keySet().forEach(path -> addIfDirect(found, directory, path));
    directories.forEach(path -> addIfDirect(found, directory, path));
    return List.copyOf(found);
  }

  private static void addIfDirect(TreeSet<Path> found, Path directory, Path path) {
    if (directory.equals(path.getParent())) {
      found.add(path);
    }
  }

  /// Directories are durable at once: what they contain is what may be lost.
  @Override
  public synchronized void createDirectories(Path directory) {
    for (Path path = directory; path != null; path = path.getParent()) {
      directories.add(path);
    }
  }

  @Override
  public synchronized void rename(Path from, Path to) {
    before(Kind.RENAME, from);
    requireParent(to);
    changeName(new NameChange(from, to, inode(from)));
  }

  @Override
  public synchronized void delete(Path path) {
    before(Kind.DELETE, path);
    if (names.containsKey(path)) {
      changeName(new NameChange(path, null, names.get(path)));
    } else if (directories.contains(path)) {
      if (!list(path).isEmpty()) {
        throw new TidemarkException(ErrorCode.CONFLICT, "cannot delete " + path + ": not empty");
      }
      directories.remove(path);
    }
  }

  @Override
  public synchronized void syncDirectory(Path directory) {
    before(Kind.SYNC_DIRECTORY, directory);
    List<NameChange> changes = nameChanges.remove(directory);
    if (changes != null) {
      changes.forEach(change -> applyName(durableNames, change));
    }
  }

  @Override
  public synchronized long usableBytes(Path path) {
    return capacityBytes == Long.MAX_VALUE ? Long.MAX_VALUE / 2 : Math.max(0, capacityBytes - usedBytes());
  }

  private long usedBytes() {
    return names.values().stream().distinct().mapToLong(inode -> inode.length).sum();
  }

  private void changeName(NameChange change) {
    applyName(names, change);
    Path directory = (change.to == null ? change.from : change.to).getParent();
    nameChanges.computeIfAbsent(directory, _ -> new ArrayList<>()).add(change);
  }

  private static void applyName(Map<Path, Inode> names, NameChange change) {
    if (change.from != null) {
      names.remove(change.from);
    }
    if (change.to != null) {
      names.put(change.to, change.inode);
    }
  }

  private void requireParent(Path path) {
    if (path.getParent() != null && !directories.contains(path.getParent())) {
      throw new TidemarkException(ErrorCode.NOT_FOUND, "cannot create " + path + ": no such directory");
    }
  }

  private Inode inode(Path path) {
    Inode inode = names.get(path);
    if (inode == null) {
      throw new TidemarkException(ErrorCode.NOT_FOUND, "cannot open " + path + ": no such file");
    }
    return inode;
  }

  /// Counts the call and lets it fail or the machine die where that was asked for.
  private void before(Kind kind, Path path) {
    if (calls >= dieAtCall) {
      throw new Died(calls);
    }
    if (kind != Kind.READ && kind != Kind.OPEN) {
      calls++;
      if (calls >= dieAtCall && random.nextBoolean()) {
        throw new Died(calls);
      }
      trace.ifPresent(list -> list.add(kind + " " + path));
      if (calls == failAtCall) {
        throw new TidemarkException(failure, "cannot " + kind + " " + path + ": as the test asked for");
      }
    }
    failIfAsked(kind, path);
  }

  private void failIfAsked(Kind kind, Path path) {
    for (Fault fault : faults) {
      if (fault.kind != kind || !fault.paths.test(path)) {
        continue;
      }
      if (fault.skip > 0) {
        fault.skip--;
      } else if (fault.times > 0) {
        fault.times--;
        throw new TidemarkException(fault.code, "cannot " + kind + " " + path + ": as the test asked for");
      }
    }
  }

  private void dieIfDue() {
    if (calls >= dieAtCall) {
      throw new Died(calls);
    }
  }

  private final class Handle implements DiskFile {
    private final Path path;
    private final Inode inode;
    private final boolean writable;
    private final int bornIn;
    private boolean closed;

    Handle(Path path, Inode inode, boolean writable, int bornIn) {
      this.path = path;
      this.inode = inode;
      this.writable = writable;
      this.bornIn = bornIn;
    }

    private void use() {
      if (closed || bornIn != life) {
        throw new IllegalStateException("use of " + path + (closed ? " after close" : " from before the crash"));
      }
    }

    private void useForWriting() {
      use();
      if (!writable) {
        throw new IllegalStateException(path + " is open for reading only");
      }
    }

    @Override
    public long bytes() {
      synchronized (CrashingDisk.this) {
        use();
        return inode.length;
      }
    }

    @Override
    public int read(ByteBuffer into, long offset) {
      synchronized (CrashingDisk.this) {
        use();
        before(Kind.READ, path);
        int n = (int) Math.max(0, Math.min(into.remaining(), inode.length - offset));
        into.put(inode.current, (int) Math.min(offset, inode.length), n);
        return n;
      }
    }

    @Override
    public void write(ByteBuffer from, long offset) {
      synchronized (CrashingDisk.this) {
        useForWriting();
        var content = new byte[from.remaining()];
        from.get(content);
        try {
          before(Kind.WRITE, path);
          if (usedBytes() + Math.max(0, offset + content.length - inode.length) > capacityBytes) {
            throw new TidemarkException(ErrorCode.DISK_FULL, "cannot write " + path + ": No space left on device");
          }
        } catch (TidemarkException e) {
          change(offset, Arrays.copyOf(content, random.nextInt(content.length + 1)));
          throw e;
        }
        change(offset, content);
        dieIfDue();
      }
    }

    private void change(long offset, byte[] content) {
      var change = new Change(offset, content);
      inode.changes.add(change);
      inode.apply(change);
    }

    @Override
    public void sync() {
      synchronized (CrashingDisk.this) {
        useForWriting();
        try {
          before(Kind.SYNC, path);
        } catch (TidemarkException e) {
          inode.syncFailed();
          throw e;
        }
        inode.synced();
        dieIfDue();
      }
    }

    @Override
    public void truncate(long bytes) {
      synchronized (CrashingDisk.this) {
        useForWriting();
        before(Kind.TRUNCATE, path);
        change(bytes, null);
        dieIfDue();
      }
    }

    @Override
    public MemorySegment map(long offset, long bytes, Arena arena) {
      synchronized (CrashingDisk.this) {
        use();
        MemorySegment copy = arena.allocate(bytes, 8);
        MemorySegment.copy(inode.current, (int) offset, copy, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (int) bytes);
        return copy.asReadOnly();
      }
    }

    @Override
    public void close() {
      synchronized (CrashingDisk.this) {
        if (!closed && bornIn == life) {
          openFiles--;
        }
        closed = true;
      }
    }
  }
}
