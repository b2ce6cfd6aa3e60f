import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const STAND_INS = fileURLToPath(new URL('bin', import.meta.url));
const { PATH = '' } = process.env;

/** The PATH of these tests: OpenSSH's client where the machine has it, else the stand-ins of this folder. */
export const PATH_WITH_SSH = [PATH, STAND_INS].join(delimiter);
/** The same with the stand-ins first, so that they are tested on every machine. */
export const PATH_OF_STAND_INS = [STAND_INS, PATH].join(delimiter);
