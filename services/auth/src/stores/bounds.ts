/** Bounds that both kinds of store keep alike. */

/** Grant ids in one page of a listing. */
export const PAGE_SIZE = 500

/** How long an id that was revoked before there was a grant stays refused: longer than a code lives, and any late write. */
export const TOMBSTONE_SECONDS = 3600
