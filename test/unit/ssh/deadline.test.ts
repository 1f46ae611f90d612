import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Deadline } from '../../../src/ssh/deadline.js';
import { deferred } from './home.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('a deadline passes once, after its time', () => {
  const passed = vi.fn();
  new Deadline(100).start(passed);
  vi.advanceTimersByTime(99);
  expect(passed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  expect(passed).toHaveBeenCalledTimes(1);
});

it('the time a person takes to answer does not count', async () => {
  const passed = vi.fn();
  const deadline = new Deadline(100);
  deadline.start(passed);
  vi.advanceTimersByTime(60);
  const [first, second] = [deferred<string>(), deferred<string>()];
  const asking = [deadline.whileAsking(first.promise), deadline.whileAsking(second.promise)];
  vi.advanceTimersByTime(1_000_000);
  first.resolve('yes');
  await asking[0];
  vi.advanceTimersByTime(1_000_000);
  second.resolve('yes');
  expect(await asking[1]).toBe('yes');
  vi.advanceTimersByTime(39);
  expect(passed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(passed).toHaveBeenCalledTimes(1);
});

it('a deadline that was given back never passes, even when an answer comes after', async () => {
  const passed = vi.fn();
  const deadline = new Deadline(100);
  deadline.start(passed);
  const question = deferred<string>();
  const asking = deadline.whileAsking(question.promise);
  deadline.dispose();
  question.resolve('late');
  await asking;
  vi.advanceTimersByTime(1000);
  expect(passed).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
