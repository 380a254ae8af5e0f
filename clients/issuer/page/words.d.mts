type Words = Readonly<Record<string, string>>;
export const WORDS: { readonly en: Words; readonly de: Words };
export function words(): Words;
