/** Something that the plugin's author can mend. */
export class BuildError extends Error {}
