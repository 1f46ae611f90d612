import * as vscode from 'vscode';
import { cleanForLog, clip } from '../base/cleanText.js';
import type { Disposable } from '../base/disposable.js';
import type { CommandLog, VirshLogEntry } from '../base/log.js';

/** An answer's first line is there to be recognised, not to be read whole: the panel and virsh itself have all of it. */
const answerLimit = 200;

/** The output channel `Libvirt`: one line a virsh command. Time and level are the editor's own. */
export class EditorLog implements CommandLog, Disposable {
  private readonly channel = vscode.window.createOutputChannel('Libvirt', { log: true });

  virsh({ host, line, durationMs, outcome, answer }: VirshLogEntry): void {
    const text = `[${cleanForLog(host)}] ${cleanForLog(line)} (${durationText(durationMs)})${answerText(answer)}`;
    if (outcome === 'ok') this.channel.info(text);
    else this.channel.warn(text);
  }

  info(host: string | undefined, text: string): void {
    this.channel.info(lineFor(host, text));
  }

  error(host: string | undefined, text: string): void {
    this.channel.error(lineFor(host, text));
  }

  show(): void {
    this.channel.show(true);
  }

  dispose(): void {
    this.channel.dispose();
  }
}

function lineFor(host: string | undefined, text: string): string {
  return host === undefined ? cleanForLog(text) : `[${cleanForLog(host)}] ${cleanForLog(text)}`;
}

function durationText(durationMs: number | undefined): string {
  if (durationMs === undefined) return 'goes on';
  return `${durationMs < 10 ? durationMs.toFixed(1) : durationMs.toFixed(0)} ms`;
}

function answerText(answer: string): string {
  const first = answer.split('\n').find((line) => line.trim() !== '');
  return first === undefined ? '' : ` → ${cleanForLog(clip(first.trim(), answerLimit))}`;
}
