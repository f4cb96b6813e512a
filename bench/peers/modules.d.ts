// The peers are installed only when they are measured (bench/package.json); nothing is checked by their types.
declare module '@jax-js/jax';
declare module '@tensorflow/tfjs';
declare module '@tensorflow/tfjs-backend-wasm';
declare module 'onnx-proto';
declare module 'onnxruntime-web';
