/** What each program of ours that a test starts gets of this process's environment. */
export const PROGRAM_ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  // bin/bootstrap.mjs says where: it halves the time that a command takes to start.
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
};
