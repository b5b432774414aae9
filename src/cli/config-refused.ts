/** The file has problems, and they have been printed. */
export class ConfigRefused extends Error {}
