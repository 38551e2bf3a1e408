package io.tidemark.storage;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.objects.ObjectLimits;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.directory.DirectoryStore;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import java.nio.file.Path;

class DirectoryTierTest extends TierContract {
  @Override
  protected ObjectStore emptyStore() {
    return DirectoryStore.open(Path.of("/objects"), ObjectStore.Known.NOTHING, ObjectLimits.DEFAULT, new CrashingDisk(1), Runnable::run,
        Entropy.seeded(1), Clock.system(), new Metrics()).result();
  }
}
