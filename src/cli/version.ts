import packageFile from '../../package.json' with { type: 'json' };

export const VERSION = packageFile.version;
export const USER_AGENT = `drift-detector/${VERSION}`;
