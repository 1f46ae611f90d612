import { describe, expect, it } from 'vitest';
import { followRunning } from '../../../src/views/migrationFeed.js';
import { FakeMigration, FakeMigrations, stuckFigures } from '../fakes.js';

describe('what the views hear of migrations', () => {
  it('is every sample of those that run, and none after their end', () => {
    const migration = new FakeMigration();
    const migrations = new FakeMigrations([migration]);
    let heard = 0;
    const following = followRunning(migrations, () => (heard += 1));
    migration.sample(1000, stuckFigures(1, 400));
    expect(heard).toBe(1);
    migration.become({ phase: 'ended', outcome: { kind: 'aborted' } });
    migrations.changed.fire();
    expect(heard).toBe(3);
    migration.sample(2000, stuckFigures(1, 300));
    expect(heard).toBe(3);
    following.dispose();
    migrations.changed.fire();
    expect(heard).toBe(3);
  });

  it('begins with those that come later', () => {
    const migrations = new FakeMigrations([]);
    const heard: unknown[] = [];
    followRunning(migrations, (migration) => heard.push(migration));
    const migration = new FakeMigration();
    migrations.all = [migration];
    migrations.changed.fire();
    migration.sample(1000, stuckFigures(1, 400));
    expect(heard).toEqual([undefined, migration]);
  });
});
