// Prints why the lab can't run on this machine, or nothing when it can: for scripts that are no TypeScript.
import { labMissing } from './missing.js';

console.log(labMissing() ?? '');
