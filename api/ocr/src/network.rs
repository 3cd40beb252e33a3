//! Running a network of fixed input size.

use std::io::Cursor;

use tract_onnx::prelude::*;

use crate::OcrError;

pub(crate) type Network = Arc<TypedRunnableModel>;
pub(crate) type Input = tract_ndarray::Array4<f32>;

/// The network of an ONNX file for one picture of three channels, `height` × `width` pixels.
pub(crate) fn load(file: &[u8], height: usize, width: usize) -> Result<Network, OcrError> {
    tract_onnx::onnx()
        .model_for_read(&mut Cursor::new(file))
        .and_then(|model| model.with_input_fact(0, f32::fact([1, 3, height, width]).into()))
        .and_then(InferenceModelExt::into_optimized)
        .and_then(IntoRunnable::into_runnable)
        .map_err(fault)
}

/// The first output as its shape and numbers, row by row.
pub(crate) fn run(network: &Network, input: Input) -> Result<(Vec<usize>, Vec<f32>), OcrError> {
    let out = network.run(tvec!(Tensor::from(input).into())).map_err(fault)?;
    let view = out[0].to_plain_array_view::<f32>().map_err(fault)?;
    Ok((view.shape().to_vec(), view.iter().copied().collect()))
}

fn fault(error: impl std::fmt::Display) -> OcrError {
    OcrError::Network(format!("{error:#}"))
}
