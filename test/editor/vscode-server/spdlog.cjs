// Stands in for @vscode/spdlog in the test server, whose native part needs a compiler: the same exports, writing to the same
// files. Without it every output channel is empty.
const fs = require('node:fs');
const path = require('node:path');

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];

class Logger {
  constructor(_type, name, filename) {
    this.name = name;
    this.filename = filename;
    this.level = 2;
    this.formatted = true;
    fs.mkdirSync(path.dirname(filename), { recursive: true });
    fs.appendFileSync(filename, '');
  }
  write(level, message) {
    if (level < this.level) return;
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
    const text = this.formatted ? `${time} [${levels[level]}] ${message}\n` : message;
    // A log folder may be removed while the host still ends.
    try {
      fs.appendFileSync(this.filename, text);
    } catch {}
  }
  trace(message) {
    this.write(0, message);
  }
  debug(message) {
    this.write(1, message);
  }
  info(message) {
    this.write(2, message);
  }
  warn(message) {
    this.write(3, message);
  }
  error(message) {
    this.write(4, message);
  }
  critical(message) {
    this.write(5, message);
  }
  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  setPattern() {}
  clearFormatters() {
    this.formatted = false;
  }
  flush() {}
  drop() {}
}

const create = async (name, filename) => new Logger('rotating', name, filename);

// One by one: the server imports them by name, and Node finds names of a CommonJS module only in this form.
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;
