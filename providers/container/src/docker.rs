//! What is asked of Docker besides starting a container.

use futures::{Stream, StreamExt as _};
use stagegate_images::Archive;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::bollard::query_parameters::{
    ImportImageOptions, InspectContainerOptions, RemoveContainerOptions, RemoveImageOptions,
};
use testcontainers::bollard::{Docker, body_try_stream};
use testcontainers::core::client::docker_client_instance;

use crate::error::ContainerError;
use crate::names::Names;

/// Docker, which answers.
pub(crate) async fn client() -> Result<Docker, ContainerError> {
    let docker = docker_client_instance().await.map_err(ContainerError::Client)?;
    docker.ping().await.map_err(ContainerError::Silent)?;
    Ok(docker)
}

/// Makes an image known to Docker.
pub(crate) async fn load(docker: &Docker, archive: Archive) -> Result<(), ContainerError> {
    let body = body_try_stream(archive.chunks());
    all(docker.import_image(ImportImageOptions::default(), body, None)).await.map_err(ContainerError::Load)
}

/// Waits until a stream of messages has ended, or one is an error.
async fn all<T>(messages: impl Stream<Item = Result<T, DockerError>>) -> Result<(), DockerError> {
    let mut messages = std::pin::pin!(messages);
    while let Some(message) = messages.next().await {
        message?;
    }
    Ok(())
}

/// Whether a run's container is there.
pub async fn is_there(names: &Names) -> Result<bool, ContainerError> {
    let asked = client().await?.inspect_container(&names.container, None::<InspectContainerOptions>).await;
    match asked {
        Ok(_) => Ok(true),
        Err(DockerError::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
        Err(error) => Err(ContainerError::Silent(error)),
    }
}

/// Removes a run's container and image. What is not there, or not any more, is no error.
pub async fn remove(names: &Names) -> Result<(), ContainerError> {
    let docker = client().await?;
    let options = RemoveContainerOptions { force: true, v: true, ..RemoveContainerOptions::default() };
    gone(docker.remove_container(&names.container, Some(options)).await, &names.container)?;
    let options = RemoveImageOptions { force: true, ..RemoveImageOptions::default() };
    gone(docker.remove_image(&names.image(), Some(options), None).await, &names.image())
}

fn gone<T>(answer: Result<T, DockerError>, what: &str) -> Result<(), ContainerError> {
    match answer {
        // 409 is a removal that is under way.
        Ok(_) | Err(DockerError::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(()),
        Err(source) => Err(ContainerError::Remove { what: what.to_owned(), source }),
    }
}
