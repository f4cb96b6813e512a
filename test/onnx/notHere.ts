/** Why a case does not apply: what no op here has. */
export class NotHere extends Error {}
