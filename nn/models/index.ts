export { NAT, type NatOptions, type DinatOptions } from './nat.ts';
export { natBase, natMini, natSmall, natTiny } from './nat.ts';
export { dinatBase, dinatLarge, dinatMini, dinatSmall, dinatTiny } from './nat.ts';
export { NATIsotropic, type NatIsotropicOptions } from './isotropic.ts';
export { dinatIsotropicBase, dinatIsotropicSmall, natIsotropicBase, natIsotropicSmall } from './isotropic.ts';
export { natFromHuggingFace, natToHuggingFace } from './huggingFace.ts';
export type { NatModelOptions } from './options.ts';
export { ConvDownsampler, ConvTokenizer, NatBlock, NatLevel, PatchEmbed, type BlockOptions } from './layers.ts';
